/// What the REST API asks of an archive that somebody uploads.
#pragma once

#include <string_view>

#include "api/backend.h"

namespace stellwerk::app {

/// api::Facts::archive_spec.
Result<api::ArchiveSpec> archive_spec(std::string_view bytes);

}  // namespace stellwerk::app
