/// Any bytes as a job spec, in both formats: an answer that can be shown, and what is accepted stays
/// what it is when it is read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/text.h"
#include "model/job_spec_reader.h"

namespace {

using stellwerk::DocKind;

void read_as(std::string_view bytes, DocKind kind) {
  const auto read = stellwerk::model::read_job_spec(bytes, kind);
  if (!read) {
    STELLWERK_ASSERT(stellwerk::is_printable_text(read.error().text), "an error's text cannot be shown");
    return;
  }
  const auto again = stellwerk::model::read_job_spec(read->canonical, DocKind::json);
  STELLWERK_ASSERT(again.has_value(), "an accepted spec is refused when read again");
  STELLWERK_ASSERT(again->spec == read->spec, "a spec differs when read again");
  STELLWERK_ASSERT(again->canonical == read->canonical && again->sha256 == read->sha256, "a canonical text is not");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_as(bytes, DocKind::json);
  read_as(bytes, DocKind::yaml);
  return 0;
}
