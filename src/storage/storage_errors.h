/// The sentences that operators see when a storage folder does not do what it should.
#pragma once

#include <stellwerk/result.h>

#include <string_view>

namespace stellwerk::storage {

/// For a failed system call (`error` = errno) on `path` while `doing` ("writing", "listing").
/// Codes: no_space (ENOSPC, EDQUOT), not_found, refused (permission, read-only, no hard links),
/// too_large (a limit on the size of files), else unavailable.
Error storage_error(int error, std::string_view doing, std::string_view path);

}  // namespace stellwerk::storage
