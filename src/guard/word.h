/// A guard's word to a master over HTTP/1.1, and what the answer means. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "guard/worker_guard.h"

namespace stellwerk::guard::worker_mode {

/// Of an answer, the first that is read, in bytes.
inline constexpr std::size_t kReplyBytesMax = 4096;

struct Reply {
  Answer answer = Answer::not_now;
  std::string text;  ///< its first line, for people

  friend bool operator==(const Reply&, const Reply&) = default;
};

/// The whole request: link::encode_death() says how its body looks.
std::string request_of(const effect::Tell& word);
/// `whole`: nothing follows. None: more has to come.
std::optional<Reply> read_reply(std::string_view bytes, bool whole);

}  // namespace stellwerk::guard::worker_mode
