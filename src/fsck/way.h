/// From a head to the files that give its state, where some of them may be missing or damaged: the way
/// on which least is lost. Without damage it is the one that masters go (journal/replay.h).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "fsck/survey.h"
#include "model/head.h"

namespace stellwerk::fsck {

/// One commit of the way, or a run of lost ones.
struct Step {
  model::Position at;  ///< the first; epoch 0: nobody can tell
  const SurveyedFile* file = nullptr;
  std::string why;           ///< without a file: why its changes are lost
  std::int64_t commits = 1;  ///< more only without a file
};

struct Way {
  const SurveyedFile* base = nullptr;  ///< the snapshot to begin with; null: from nothing
  std::vector<Step> steps;
  std::int64_t lost_commits = 0;
  std::size_t lost_records = 0;     ///< of the base, that nobody can name
  std::size_t damaged_records = 0;  ///< with a name, in all files
  bool around = false;              ///< does not begin with the snapshot that the head names

  bool whole() const { return lost_commits == 0 && lost_records == 0; }
};

/// `survey` outlives the answer. Files of other clusters than the head's are no part of a way.
Way find_way(const Survey& survey, const model::Head& head);

}  // namespace stellwerk::fsck
