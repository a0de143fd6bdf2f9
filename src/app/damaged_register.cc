#include "app/damaged_register.h"

#include <unistd.h>

#include <utility>

#include "coordination/local_head.h"

namespace stellwerk::app {

using coordination::LocalFolder;
using coordination::LocalHead;
using coordination::LocalLock;

namespace {

Result<LocalFolder> open_folder(const config::MasterOptions& options) {
  return LocalFolder::open({options.storage->storage_dir, options.cluster_id}, LocalFolder::IfMissing::leave);
}

Result<HeadVersion> version_of(const WriteResult& written) {
  switch (written.outcome) {
    case WriteOutcome::ok: return written.version;
    case WriteOutcome::mismatch: return make_error(Errc::refused, written.reason);
    case WriteOutcome::unknown: return make_error(Errc::unknown, written.reason);
    default: return make_error(Errc::unavailable, written.reason);
  }
}

}  // namespace

Result<DamagedRegister> DamagedRegister::hold(const config::MasterOptions& options) {
  auto opened = open_folder(options);
  if (opened.has_error()) return opened.error();
  auto folder = std::make_unique<LocalFolder>(std::move(*opened));
  auto lock = LocalLock::open(*folder);
  if (lock.has_error()) return lock.error();
  const int taken = lock->try_take();
  if (taken < 0) return coordination::local_error(-taken, "locking", folder->path());
  if (taken == 0)
    return make_error(Errc::refused, "masters are running (" + LocalLock::read_holder(*folder) +
                                         "); stop them first: bin/stop-cluster.sh");
  lock->write_holder("stellwerk fsck, pid " + std::to_string(::getpid()));
  return DamagedRegister(std::move(folder), std::move(*lock));
}

Result<HeadVersion> DamagedRegister::write_over(const std::string& head, std::int64_t generation) {
  return version_of(LocalHead(*folder_).write_over_damaged(head, generation));
}

Result<void> DamagedRegister::write(const std::string& head, HeadVersion version) {
  const auto written = version_of(LocalHead(*folder_).write(head, version, version.generation));
  if (written.has_error()) return written.error();
  return {};
}

HeadReading read_older_head(const config::MasterOptions& options) {
  if (options.zookeeper) return {};
  auto folder = open_folder(options);
  if (folder.has_error()) return {};
  auto reading = LocalHead(*folder).read_before_damaged();
  return reading.has_value() ? std::move(*reading) : HeadReading{};
}

}  // namespace stellwerk::app
