#include "coordination/local_file_system.h"

#include <sys/vfs.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace stellwerk::coordination {
namespace {

struct Known {
  unsigned long magic;
  const char* name;
  bool local;
};

constexpr Known kKnown[] = {
    {0xEF53, "ext4", true},        {0x58465342, "xfs", true},      {0x9123683E, "btrfs", true},
    {0x01021994, "tmpfs", true},   {0x858458f6, "ramfs", true},    {0x794c7630, "overlayfs", true},
    {0x2fc12fc1, "zfs", true},     {0xF2F52010, "f2fs", true},     {0xca451a4e, "bcachefs", true},
    {0x3153464a, "jfs", true},     {0x52654973, "reiserfs", true}, {0x3434, "nilfs2", true},
    {0x6969, "nfs", false},        {0xFF534D42, "cifs", false},    {0xFE534D42, "smb2", false},
    {0x517B, "smb", false},        {0x65735546, "fuse", false},    {0x00c36400, "ceph", false},
    {0x0BD00BD0, "lustre", false}, {0x01161970, "gfs2", false},    {0x7461636f, "ocfs2", false},
    {0x5346414F, "afs", false},    {0x73757245, "coda", false},    {0x01021997, "9p", false},
    {0x786f4256, "vboxsf", false}, {0x4d44, "vfat", false},        {0x2011BAB0, "exfat", false},
    {0xaad7aaea, "panfs", false},  {0x47504653, "gpfs", false},    {0x19830326, "beegfs", false},
};

}  // namespace

FileSystemKind file_system_kind(unsigned long magic) {
  for (const auto& known : kKnown)
    if (known.magic == magic) return {known.name, known.local};
  char number[32];
  std::snprintf(number, sizeof number, "type 0x%lx", magic);
  return {number, false};
}

Result<FileSystemKind> file_system_of(const std::string& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) == 0)
    return file_system_kind(static_cast<unsigned long>(info.f_type) & 0xFFFFFFFFUL);
  const int error = errno;
  return make_error(error == ENOENT || error == ENOTDIR ? Errc::not_found : Errc::unavailable,
                    "cannot look at the file system of " + path + " (" + std::generic_category().message(error) + ")");
}

}  // namespace stellwerk::coordination
