/// How a takeover went: its times, and the record that tells of it.
#pragma once

#include <stellwerk/coordination.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/executor.h"

namespace stellwerk::master {

struct TakeoverTimes {
  std::optional<Time> noticed;      ///< the last leader was seen gone (or nobody led when we were first)
  std::optional<Time> lock;         ///< the lock was ours
  std::optional<Time> claimed;      ///< the head carries our epoch
  std::optional<Time> complete;     ///< every commit before us is applied
  std::optional<Time> first_write;  ///< the first commit of the epoch is durable
};

/// What is kept per epoch in `takeovers/<epoch>`. Written by the epoch's first commit, which cannot know
/// when it will be durable, and once more when that is known.
struct TakeoverRecord {
  std::string leader;  ///< URL of who took over
  std::string id;
  std::string from;  ///< URL of the leader before; empty: none is known
  WallMs at = 0;
  TakeoverTimes times;
};

/// The record's value; times in microseconds since `noticed`, null while they are not known.
std::string encode_takeover(std::int64_t epoch, const TakeoverRecord& record);

}  // namespace stellwerk::master
