/// The outcome of everything that can fail for a reason outside the program.
///
/// A caller that can do something about a failure receives a Result; a broken promise inside the
/// program is a STELLWERK_ASSERT (base/assert.h); exceptions never cross a callback or a port.
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace stellwerk {

/// A code exists only where a caller would do something different because of it.
enum class Errc {
  invalid,        ///< the input is wrong; the sender must change it
  not_found,      ///< what was named is not there
  conflict,       ///< it contradicts what stands already
  refused,        ///< understood, well formed, and not allowed here or now
  too_large,      ///< over a named limit
  no_space,       ///< the store is full; nothing happened; goes on when there is room
  unavailable,    ///< certainly nothing happened; the same again later may work
  unknown,        ///< it may have happened: look before doing it again
  lost,           ///< the session or lock that it rested on is gone
  foreign,        ///< it belongs to somebody else (another cluster, another product)
  damaged,        ///< stored bytes are not what was written
  not_supported,  ///< known, planned, not in this version
  failed,         ///< anything else: an operator must look
};

/// The code's name as it appears in logs and JSON, for example "not_found".
std::string_view to_string(Errc code) noexcept;

/// Why something failed. `text` is one sentence for the person who has to act: it names the place,
/// the value and what would be accepted. It never ends in a full stop or a newline.
struct Error {
  Errc code = Errc::failed;
  std::string text;

  friend bool operator==(const Error&, const Error&) = default;
};

/// Thrown only by Result::value() of a failed result, which is a bug in the caller.
struct BadResultAccess : std::logic_error {
  using std::logic_error::logic_error;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw BadResultAccess(error.text);
}

template <class T>
using Result = boost::system::result<T, Error>;

inline Error make_error(Errc code, std::string text) {
  return Error{code, std::move(text)};
}

inline std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::invalid: return "invalid";
    case Errc::not_found: return "not_found";
    case Errc::conflict: return "conflict";
    case Errc::refused: return "refused";
    case Errc::too_large: return "too_large";
    case Errc::no_space: return "no_space";
    case Errc::unavailable: return "unavailable";
    case Errc::unknown: return "unknown";
    case Errc::lost: return "lost";
    case Errc::foreign: return "foreign";
    case Errc::damaged: return "damaged";
    case Errc::not_supported: return "not_supported";
    case Errc::failed: return "failed";
  }
  return "failed";
}

}  // namespace stellwerk
