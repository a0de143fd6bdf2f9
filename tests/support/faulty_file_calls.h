/// System calls that fail as asked, and a disk that forgets what was never synced.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "storage/file_calls.h"

namespace stellwerk::test {

/// A sync is only remembered, which is all that lose_power() asks for and much faster. Reads work;
/// calls are counted from 1, and are those that open, write,
/// sync, link, rename, unlink or make a folder.
class FaultyFileCalls : public storage::FileCalls {
 public:
  enum class When {
    before,    ///< the call has no effect
    after,     ///< it has its effect (a write half of it) and yet answers the error
    for_good,  ///< it and all later ones have no effect: the process died there
  };

  /// Call number `call` from now on answers -error.
  void fail(std::uint64_t call, int error, When when);
  void heal();
  /// Whether the call of the last fail() was reached.
  bool failed() const;

  /// Writes of more than this many bytes in all fail with ENOSPC, after what still fits.
  void set_space(std::optional<std::uint64_t> bytes);
  /// Every call that would change something answers -error.
  void set_read_only(int error);

  /// The power goes: names in folders that were not synced since, and content that was not, are lost;
  /// files that were removed from such folders, or replaced there, are back.
  void lose_power();

  int open_at(int dir, const char* path, int flags, mode_t mode) override;
  ssize_t write(int fd, const char* from, std::size_t bytes) override;
  int sync(int fd) override;
  int link_at(int dir, const char* from, const char* to) override;
  int rename_at(int dir, const char* from, const char* to) override;
  int unlink_at(int dir, const char* path) override;
  int make_dir_at(int dir, const char* path, mode_t mode) override;

 private:
  struct Verdict {
    bool happens = true;
    int error = 0;
  };
  Verdict begin_call(bool changes);
  template <class Call>
  int perform(bool changes, Call call);
  void note_new_name(int dir, const char* path);

  mutable std::mutex mutex_;
  std::uint64_t calls_ = 0;
  std::uint64_t fail_at_ = 0;
  int error_ = 0;
  When when_ = When::before;
  bool failed_ = false;
  int read_only_error_ = 0;
  std::optional<std::uint64_t> space_;
  /// Names that a power cut takes, oldest first, and files whose content it takes.
  std::vector<std::filesystem::path> unsynced_names_;
  std::map<ino_t, FileDescriptor> unsynced_content_;
  std::map<std::filesystem::path, std::string> unsynced_removals_;  ///< or replaced
};

}  // namespace stellwerk::test
