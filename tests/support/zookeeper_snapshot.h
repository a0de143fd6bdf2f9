/// What no client can ask a ZooKeeper for: nodes whose versions are about to wrap.
#pragma once

#include <stellwerk/result.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace stellwerk::test {

struct NodeVersions {
  std::int32_t data = 0;
  std::int32_t children = 0;  ///< the next sequential child's number
};

/// Changes the versions of one node in the newest snapshot below a server's data directory. The server
/// must not run, and must have been started once after the node's last change (it writes a snapshot
/// then). Errors: the sentence for the test's failure.
Result<void> set_versions_in_snapshot(const std::filesystem::path& data, const std::string& node,
                                      NodeVersions versions);

}  // namespace stellwerk::test
