/// Any bytes as an archive: an answer that can be shown, within the limits, and the same when it is asked again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "archive/archive.h"
#include "base/text.h"

namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stellwerk;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  archive::Limits limits;
  limits.unpacked_bytes = std::uint64_t{1} << 20;
  limits.entries = 50;
  limits.spec_bytes = 1000;
  const auto listing = archive::examine(bytes, limits);
  if (listing.has_error()) {
    demand(listing.error().code == Errc::invalid || listing.error().code == Errc::too_large);
    demand(is_printable_text(listing.error().text));
    return 0;
  }
  demand(listing->bytes <= limits.unpacked_bytes && listing->entries <= limits.entries);
  demand(!listing->spec || (listing->spec->size() <= limits.spec_bytes && listing->spec_elsewhere.empty()));
  const auto again = archive::examine(bytes, limits);
  demand(again.has_value() && again->bytes == listing->bytes && again->spec == listing->spec);
  return 0;
}
