/// Archives that people send: what is in one, unpacked into a folder, made of a folder. Nothing in them is trusted.
///
/// Read are tar, tar with gzip, and zip. An archive holds files and folders with relative paths, nothing else: whatever
/// it says, nothing outside of the folder that it is unpacked into is touched. All functions block and compute; from
/// any thread, not on a loop.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stellwerk::archive {

inline constexpr std::uint64_t kArchiveBytesMax = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kUnpackedBytesMax = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kEntriesMax = 20'000;
inline constexpr std::size_t kPathBytesMax = 1024;
inline constexpr std::size_t kDepthMax = 64;
inline constexpr std::size_t kSpecBytesMax = std::size_t{1} << 20;

struct Limits {
  std::uint64_t archive_bytes = kArchiveBytesMax;    ///< as it is sent: what pack() may make
  std::uint64_t unpacked_bytes = kUnpackedBytesMax;  ///< of all files together; reading ends there, so bombs end early
  std::uint64_t entries = kEntriesMax;               ///< files and folders
  std::size_t path_bytes = kPathBytesMax;            ///< of one path in it
  std::size_t depth = kDepthMax;                     ///< names in one path
  std::size_t spec_bytes = kSpecBytesMax;            ///< of job.yaml
};

/// What stands for a job, at the root of an archive or a folder; one of them.
inline constexpr std::string_view kSpecNames[] = {"job.yaml", "job.json"};

struct Listing {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;          ///< of all files together
  std::optional<std::string> spec;  ///< text of job.yaml or job.json at the root
  /// Without one there: the path of one further down, for who packed the folder instead of what is in it. Empty: none.
  std::string spec_elsewhere;
};

/// Reads all of it once, in memory of a fixed size besides its paths. Errors, each a sentence that names the entry:
/// invalid (not an archive, cut off, encrypted; a path that is absolute, has `..`, is no printable UTF-8 or is there
/// twice; a link, device or anything but a file or folder; two specs), too_large (names the limit).
Result<Listing> examine(std::string_view bytes, const Limits& limits = {});

/// Into `folder`, which exists, is empty, and is nobody else's. Files keep whether they may be executed; owners, times
/// and all else are dropped. With an error some of it may be there. Errors: as examine(), no_space, not_found (no such
/// file), failed (names the path).
Result<void> unpack(const std::string& file, const std::string& folder, const Limits& limits = {});

/// A tar with gzip of all that is in `folder`, hidden files too: sorted, without owners and times, so that the same
/// content gives the same bytes. Errors: not_found (no such folder), invalid (a link, a socket, a name that is not
/// accepted), too_large (names the largest files), failed (a file that cannot be read or changes meanwhile).
Result<std::string> pack(const std::string& folder, const Limits& limits = {});

}  // namespace stellwerk::archive
