/// Where a cluster's nodes are in ZooKeeper; operators and tests name them too.
#pragma once

#include <string>
#include <string_view>

namespace stellwerk::coordination {

/// `<root>/<cluster-id>`, with repeated slashes folded and none at the end: "/stellwerk/default".
std::string zookeeper_namespace(std::string_view root, std::string_view cluster_id);

/// Below the namespace; see docs/formats.md for what each holds.
struct ZookeeperPaths {
  explicit ZookeeperPaths(std::string ns)
      : base(std::move(ns)),
        layout(base + "/layout"),
        head(base + "/head"),
        leader(base + "/leader"),
        latch(leader + "/latch"),
        announcement(leader + "/rest_server_lock") {}

  const std::string base;
  const std::string layout;
  const std::string head;
  const std::string leader;
  const std::string latch;
  const std::string announcement;
};

}  // namespace stellwerk::coordination
