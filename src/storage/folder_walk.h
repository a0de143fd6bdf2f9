/// Finding the blobs below an open folder.
#pragma once

#include <stellwerk/blob_store.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace stellwerk::storage {

/// Adds to `out`, without order, the regular files below `root` (an open directory) whose names
/// relative to it are valid blob names and start with `prefix`. Files that go meanwhile are left out;
/// symbolic links are followed, but never in a circle.
/// Answers 0 or -errno; -E2BIG for more than `files_max` files.
int find_blobs(int root, std::string_view prefix, std::size_t files_max, std::vector<BlobInfo>& out);

}  // namespace stellwerk::storage
