#include "app/register_reading.h"

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

#include "app/coordination_choice.h"
#include "coordination/local_head.h"
#include "coordination/system_resolver.h"
#include "coordination/zookeeper_head.h"
#include "coordination/zookeeper_paths.h"
#include "loop/asio_executor.h"

namespace stellwerk::app {
namespace {

/// One session of its own, for one reading.
class ZookeeperReading final : public leadership::ZkClientListener {
 public:
  explicit ZookeeperReading(const config::ZooKeeperOptions& options)
      : executor_(io_), resolver_(executor_), paths_(options.path) {
    coordination::ZooKeeperOptions client = zookeeper_client_options(options, "fsck");
    client_ = coordination::make_zookeeper_client(io_, executor_, std::move(client), resolver_,
                                                  [](coordination::ZooKeeperLogLevel, const std::string&) {});
  }

  Result<HeadReading> run() {
    client_->start(*this);
    executor_.after(kRegisterReadMax, [this] {
      end(make_error(Errc::unavailable, "ZooKeeper did not answer within " + std::to_string(kRegisterReadMax.count()) +
                                            " s" + (detail_.empty() ? "" : ": " + detail_)));
    });
    io_.run();
    return *result_;
  }

 private:
  void on_connected(const leadership::ZkSession&) override {
    coordination::read_head(*client_, paths_, true, nullptr, [this](const coordination::HeadRead& read) {
      if (read.newer) return end(*read.newer);
      if (read.code == leadership::ZkCode::ok) return end(read.reading);
      if (read.code == leadership::ZkCode::no_node) return end(HeadReading{});  // not even the cluster's place
      if (read.layout_gone) return end(make_error(Errc::damaged, paths_.layout + " is missing beside the head"));
      detail_ = to_string(read.code);
      if (read.code == leadership::ZkCode::no_auth)
        end(make_error(Errc::refused, "the ACL of " + paths_.base + " refuses us"));
    });
  }
  void on_suspended(const std::string& detail) override { detail_ = detail; }
  void on_expired() override { end(make_error(Errc::unavailable, "ZooKeeper ended the session")); }
  void on_refused(const Error& error) override { end(error); }

  void end(Result<HeadReading> result) {
    if (result_) return;
    result_ = std::move(result);
    executor_.post([this] { client_->close([this] { io_.stop(); }); });
  }

  boost::asio::io_context io_{1};
  loop::AsioExecutor executor_;
  coordination::SystemResolver resolver_;
  const coordination::ZookeeperPaths paths_;
  std::unique_ptr<leadership::ZkClient> client_;
  std::string detail_;
  std::optional<Result<HeadReading>> result_;
};

}  // namespace

std::string register_place(const config::MasterOptions& options) {
  if (options.zookeeper) {
    std::string servers;
    for (const auto& server : options.zookeeper->servers)
      servers += (servers.empty() ? "" : ",") + config::format_host_port(server);
    return "ZooKeeper " + servers + ", " + coordination::ZookeeperPaths(options.zookeeper->path).head;
  }
  return options.storage->directory + "/coordination";
}

Result<HeadReading> read_register(const config::MasterOptions& options) {
  if (options.zookeeper) return ZookeeperReading(*options.zookeeper).run();
  auto folder = coordination::LocalFolder::open({options.storage->storage_dir, options.cluster_id},
                                                coordination::LocalFolder::IfMissing::leave);
  if (folder.has_error()) {
    if (folder.error().code == Errc::not_found) return HeadReading{};
    return folder.error();
  }
  return coordination::LocalHead(*folder).read();
}

}  // namespace stellwerk::app
