/// What control groups are made of, as a port: folders, and small texts that are written and read as a whole.
///
/// Implementations: the system's, and a tree in memory that follows its rules (tests/support/fake_cgroup_files.h).
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace stellwerk::tasks {

/// Of a group are looked at.
inline constexpr std::size_t kGroupsBelowMax = 100'000;

class CgroupFiles {
 public:
  virtual ~CgroupFiles() = default;

  /// Errors of make() and write(): failed, with the system's words, refused where it says that something is in the way.
  virtual Result<void> make(const std::string& group) = 0;
  /// False: it is not there, or something is in it.
  virtual bool remove(const std::string& group) = 0;
  virtual Result<void> write(const std::string& file, const std::string& text) = 0;
  /// None: it cannot be read.
  virtual std::optional<std::string> read(const std::string& file) const = 0;
  /// The names of the groups right below, kGroupsBelowMax at most.
  virtual std::vector<std::string> below(const std::string& group) const = 0;
  /// SIGKILL to each process that is right in it now, as far as they can be found in one look.
  virtual void kill(const std::string& group) = 0;
};

class SystemCgroupFiles : public CgroupFiles {
 public:
  Result<void> make(const std::string& group) override;
  bool remove(const std::string& group) override;
  Result<void> write(const std::string& file, const std::string& text) override;
  std::optional<std::string> read(const std::string& file) const override;
  std::vector<std::string> below(const std::string& group) const override;
  void kill(const std::string& group) override;
};

}  // namespace stellwerk::tasks
