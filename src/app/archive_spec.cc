#include "app/archive_spec.h"

#include "archive/archive.h"
#include "model/artifact.h"

namespace stellwerk::app {

static_assert(archive::kArchiveBytesMax == static_cast<std::uint64_t>(model::kArtifactBytesMax),
              "what may be uploaded may be unpacked");

Result<api::ArchiveSpec> archive_spec(std::string_view bytes) {
  auto listing = archive::examine(bytes);
  if (listing.has_error()) return listing.error();
  return api::ArchiveSpec{std::move(listing->spec), std::move(listing->spec_elsewhere)};
}

}  // namespace stellwerk::app
