/// What a worker and a process of a task tell each other on the control channel (docs/job-spec.md): one JSON object per
/// line. Pure.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "link/task_message.h"

namespace stellwerk::worker {

/// Most words in a process's hello, and the longest of them in bytes.
inline constexpr std::size_t kControlWordsMax = 64;
inline constexpr std::size_t kControlWordBytesMax = 64;

// ---- what a process says ----

namespace said {

/// It speaks. Words that we do not know are kept: a later version of the process may say them.
struct Hello {
  std::set<std::string> words;
};
/// It works now. Who has not named this word in its hello works from its start.
struct Ready {};
/// How far it is, for people.
struct Progress {
  std::string text;
};
/// Peers are to look for `port` there, and not where we would say.
struct Advertise {
  std::string port;     ///< name
  std::string address;  ///< "host:port"
};

/// It has made a checkpoint, and finds it again by `handle`.
struct Ack {
  std::int64_t checkpoint = 0;
  std::string handle;
  std::int64_t size = 0;  ///< bytes; 0: it does not say
};
/// It has not made it. Also an answer that names a checkpoint and has another fault: `reason` is the fault.
struct Decline {
  std::int64_t checkpoint = 0;
  std::string reason;  ///< printable, at most link::kDeclineBytesMax: one that is too long is cut
};

}  // namespace said

using ControlWord = std::variant<said::Hello, said::Ready, said::Progress, said::Advertise, said::Ack, said::Decline>;

/// Of any bytes. Errors: invalid; a sentence for people who wrote the process, which quotes nothing unprintable.
Result<ControlWord> parse_control_line(std::string_view line);

// ---- what a worker says ----

std::string hello_line(const link::StartTask& start, std::int64_t epoch);
/// What a variable of the process's environment would be if it began now.
std::string peer_line(std::string_view variable, std::string_view value);
std::string stop_line();
/// What it begins from.
std::string restore_line(const link::Restore& restore);
std::string checkpoint_line(std::int64_t number);
/// `oldest`: whatever has a lower number is needed by nobody.
std::string completed_line(std::int64_t number, std::int64_t oldest);

}  // namespace stellwerk::worker
