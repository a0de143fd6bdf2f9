/// Any bytes as what a task writes, in pieces of any length: what is kept of it is bounded, text, and the same however
/// it arrives. And as the name that a task gave itself, in a line of /proc.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/file_descriptor.h"
#include "base/text.h"
#include "processes/proc.h"
#include "tasks/error_tail.h"
#include "tasks/line_sink.h"

namespace {

using stellwerk::FileDescriptor;
namespace tasks = stellwerk::tasks;

constexpr std::size_t kTailBytesMax = 100;
constexpr std::string_view kPrefix = "count 3> ";

struct Kept {
  std::string tail;
  std::string shown;
  friend bool operator==(const Kept&, const Kept&) = default;
};

/// `pieces` says how long each piece is, again and again; empty: all at once.
Kept keep(std::string_view bytes, std::string_view pieces, int file) {
  STELLWERK_ASSERT(::ftruncate(file, 0) == 0 && ::lseek(file, 0, SEEK_SET) == 0, "a file in memory");
  tasks::ErrorTail tail(kTailBytesMax);
  tasks::LineSink sink(file, [](const std::string&) { STELLWERK_ASSERT(false, "nothing is lost in memory"); });
  tasks::PrefixedLines lines{std::string(kPrefix)};
  for (std::size_t i = 0; !bytes.empty(); ++i) {
    const std::size_t asked =
        pieces.empty() ? bytes.size() : static_cast<unsigned char>(pieces[i % pieces.size()]) + 1U;
    const std::string_view piece = bytes.substr(0, std::min(asked, bytes.size()));
    tail.add(piece);
    lines.take(piece, sink);
    bytes.remove_prefix(piece.size());
  }
  lines.end(sink);
  sink.flush();
  std::string shown(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)), '\0');
  STELLWERK_ASSERT(::pread(file, shown.data(), shown.size(), 0) == static_cast<ssize_t>(shown.size()),
                   "a file in memory");
  return {tail.text(), shown};
}

void check(const Kept& kept) {
  STELLWERK_ASSERT(kept.tail.size() <= kTailBytesMax, "the tail is too long");
  STELLWERK_ASSERT(!stellwerk::find_bad_utf8(kept.tail), "the tail is no text");
  for (std::string_view rest = kept.shown; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    STELLWERK_ASSERT(end != std::string_view::npos && end < tasks::kSinkLineBytesMax,
                     "a line without an end, or too long");
    STELLWERK_ASSERT(rest.starts_with(kPrefix), "a line without its prefix");
    rest.remove_prefix(end + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const FileDescriptor file(::memfd_create("shown", MFD_CLOEXEC));
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t lengths = std::min<std::size_t>(input.size(), 4);
  const Kept whole = keep(input.substr(lengths), "", file.get());
  check(whole);
  STELLWERK_ASSERT(whole == keep(input.substr(lengths), input.substr(0, lengths), file.get()),
                   "it depends on the pieces");
  stellwerk::processes::parse_stat(input);
  const auto stat = stellwerk::processes::parse_stat("10 (" + std::string(input) +
                                                     ") S 11 12 13 0 -1 4 1 2 3 4 5 6 7 8 20 0 9 0 987 1 2\n");
  STELLWERK_ASSERT(stat && stat->parent == 11 && stat->session == 13 && stat->started == 987, "its name was believed");
  return 0;
}
