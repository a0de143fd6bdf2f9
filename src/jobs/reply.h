/// What a caller is told of a change, and what becomes of the state.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "model/position.h"
#include "model/record.h"

namespace stellwerk::jobs {

/// What a caller is told, in the words of the domain; http/ turns it into statuses.
struct Reply {
  enum class Kind {
    accepted,  ///< done and durable (also a repeat of what was done before)
    not_found,
    conflict,     ///< contradicts what stands
    refused,      ///< cannot be done, now or ever
    overloaded,   ///< certainly nothing happened: too much is waiting
    no_space,     ///< certainly nothing happened: the store is full
    unavailable,  ///< certainly nothing happened: no leader in time
    unknown,      ///< it may have happened
  };
  Kind kind = Kind::accepted;
  JobId job;
  std::string text;          ///< why, unless accepted
  model::Position position;  ///< the commit that the answer rests on

  friend bool operator==(const Reply&, const Reply&) = default;
};

/// Empty records: nothing changes, but the answer still rests on all that was decided before.
struct Decision {
  std::vector<model::Record> records;
  Reply reply;
};

}  // namespace stellwerk::jobs
