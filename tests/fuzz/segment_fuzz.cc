/// Any bytes as a file of the journal; and any lines with the checksums that belong to them, since
/// nobody guesses those.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/text.h"
#include "journal/crc32c.h"
#include "journal/journal_file.h"

namespace {

namespace journal = stellwerk::journal;

void read(std::string_view bytes) {
  const auto file = journal::decode_file("journal/fuzzed", bytes);
  if (!file) {
    STELLWERK_ASSERT(stellwerk::is_printable_text(file.error().text), "an error's text cannot be shown");
    return;
  }
  if (!file->whole() || file->header.kind != stellwerk::model::FileKind::segment) return;
  const auto again = journal::decode_file("journal/again", journal::encode_segment(file->header, file->records));
  STELLWERK_ASSERT(again.has_value() && again->whole(), "a whole segment is damaged when written and read again");
  STELLWERK_ASSERT(again->header == file->header, "a header differs when read again");
  STELLWERK_ASSERT(again->records.size() == file->records.size(), "records get lost");
}

std::string with_checksums(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    char sum[16];
    std::snprintf(sum, sizeof sum, "%08x ", journal::crc32c(line));
    out.append(sum).append(line).append("\n");
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  read(with_checksums(bytes));
  return 0;
}
