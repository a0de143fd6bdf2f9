/// Where a cluster keeps its files: the port behind `high-availability.storageDir`.
///
/// A store holds immutable files under names like `journal/segment-0000000007-00000000000000000042.jsonl`.
/// A file is created once, whole and durable, and never changed; it may be removed later, and a
/// removed name is never used again. Nothing here orders one file after another: the head does.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stellwerk {

/// Longest name, in bytes: path components of `[a-z0-9._-]`, joined by '/', none empty, "." or "..".
inline constexpr std::size_t kBlobNameBytesMax = 255;
/// Largest file that put() takes, in bytes.
inline constexpr std::size_t kBlobBytesMax = std::size_t{1} << 30;

/// True for a name that every store must take. Stores check it and answer Errc::invalid.
bool is_valid_blob_name(std::string_view name) noexcept;

/// What became of a put. The four ask for four different reactions.
enum class PutOutcome {
  ok,        ///< durable under this name: now, or identical bytes stood there already
  exists,    ///< other bytes stand under this name; they were left alone
  not_done,  ///< certainly nothing stands under this name (full disk, refused); the name is free
  unknown,   ///< it may stand there, now or later: put the same bytes again, or give up the name
};

struct PutResult {
  PutOutcome outcome = PutOutcome::ok;
  /// Why, when not ok. Errc::no_space tells a full store from other failures.
  Error error{};
};

struct BlobInfo {
  std::string name;
  std::uint64_t bytes = 0;
  /// Wall time of the last change, ms since 1970, by the store's clock; -1 if the store has none.
  std::int64_t modified_ms = -1;
};

/// Implementations may block; they are called from a pool, never from the master's loop, and from
/// several threads at once. The caller owns the store and destroys it after the last call returned.
/// No method throws.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  /// Creates `name` with `bytes`: all or nothing, durable before `ok` is returned.
  /// Identical bytes already there count as `ok`; other bytes are never replaced.
  virtual PutResult put(std::string_view name, std::string_view bytes) = 0;

  /// The whole file. Errors: not_found (certainly not there), too_large (over kBlobBytesMax),
  /// unavailable (cannot be reached now: retry, never conclude that it is gone).
  virtual Result<std::string> get(std::string_view name) = 0;

  /// Up to `bytes` bytes from `offset`; fewer at the end of the file, none beyond. Errors as get().
  virtual Result<std::string> get_range(std::string_view name, std::uint64_t offset, std::uint64_t bytes) = 0;

  /// Every file whose name starts with `prefix`, ordered by name. Files put before the call began
  /// are in it; of others either may hold. Names that no put could have made (temporary files of
  /// this store, editors' backups) are left out. Errors: unavailable.
  virtual Result<std::vector<BlobInfo>> list(std::string_view prefix) = 0;

  /// Removes a file; a file that is not there is a success. Errors: unavailable, unknown.
  virtual Result<void> remove(std::string_view name) = 0;

  /// Proves that this process can read *and* write here now. The error is the sentence that an
  /// operator sees: missing, not a directory, not writable, full, foreign.
  virtual Result<void> probe() = 0;

  /// For messages: the location as the user configured it, for example "file:///srv/ha/default".
  virtual std::string describe() const = 0;
};

}  // namespace stellwerk
