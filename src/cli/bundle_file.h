/// What `run` uploads: a folder, which is packed, an archive or a jar.
#pragma once

#include <stellwerk/result.h>

#include <string>

#include "model/job_spec_reader.h"

namespace stellwerk::cli {

struct BundleFile {
  std::string name;   ///< as masters will show it: "word-count.tar.gz"
  std::string bytes;  ///< an archive, or a jar as it is
};

/// A directory, or a file that is an archive by its name or its first bytes; also a jar.
bool is_bundle(const std::string& path);

/// Reads it whole, and checks what stands in it as a master will. Errors, each a sentence that names the file:
/// not_found, invalid, too_large (with the largest files of a folder), failed.
Result<BundleFile> read_bundle(const std::string& path);

/// The job spec in it; not of a jar. Errors: as read_bundle().
Result<model::ReadSpec> read_bundle_spec(const std::string& path);

}  // namespace stellwerk::cli
