/// What is wrong with a cluster's files and register, each in a sentence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fsck/recovery.h"
#include "fsck/survey.h"
#include "fsck/way.h"
#include "model/head.h"

namespace stellwerk::fsck {

enum class Severity {
  note,     ///< nothing to do
  warning,  ///< costs nothing now: a copy or a way around is gone
  error,    ///< costs a job, or keeps masters from leading
};
std::string_view to_string(Severity severity) noexcept;

struct Fault {
  Severity severity = Severity::error;
  std::string place;  ///< a file, "register", "cluster.json", a key
  std::string text;

  friend bool operator==(const Fault&, const Fault&) = default;
};

/// Of each file on its own and in its role: named by the head, kept as the way around its snapshot,
/// later than the head, or left over.
std::vector<Fault> file_faults(const Survey& survey, const model::Head& head);
/// Of cluster.json.
std::vector<Fault> cluster_faults(const Survey& survey, const model::Head& head);
/// Of what the way gives.
std::vector<Fault> way_faults(const Way& way, const Recovery& recovery);

/// Of uploaded files: each that a record names is there and what it should be; others are named.
std::vector<Fault> artifact_faults(const Survey& survey, const jobs::ClusterState& state);

/// The newest file of the head's cluster that is later than any that can have been written under it:
/// the register was emptied or set back.
std::optional<model::Position> later_than(const Survey& survey, const model::Head& head);

}  // namespace stellwerk::fsck
