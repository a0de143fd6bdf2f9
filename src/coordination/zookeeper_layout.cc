#include "coordination/zookeeper_layout.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/json.h"

namespace stellwerk::coordination {

using leadership::ZkClient;
using leadership::ZkCode;
using leadership::ZkMode;
using leadership::ZkReply;

namespace {

/// Looks at what is there; more than that and others are changing it under our hands.
constexpr int kLooksMax = 8;

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string foreign_text(const std::string& base, const std::vector<std::string>& children) {
  constexpr std::array kFlink = {
      "leader",          "jobgraphs",       "checkpoints", "checkpoint-counter", "running_job_registry",
      "execution-plans", "job-result-store"};
  const bool flink =
      std::any_of(kFlink.begin(), kFlink.end(), [&](const char* each) { return contains(children, each); });
  if (flink) return base + " belongs to Apache Flink; set another high-availability.cluster-id";
  return base + " belongs to another program (it holds \"" + children.front() +
         "\" but no \"layout\"); set another high-availability.cluster-id";
}

/// One attempt; kept alive by the replies it waits for.
class Preparation : public std::enable_shared_from_this<Preparation> {
 public:
  Preparation(ZkClient& client, const ZookeeperPaths& paths, std::function<void(LayoutOutcome)> done)
      : client_(client), paths_(paths), done_(std::move(done)) {}

  void look() {
    if (++looks_ > kLooksMax) return again(paths_.base + " keeps changing");
    client_.get(paths_.layout, nullptr, then(&Preparation::layout_read));
  }

 private:
  ZkClient::Handler then(void (Preparation::*next)(const ZkReply&)) {
    return [self = shared_from_this(), next](const ZkReply& reply) { ((*self).*next)(reply); };
  }

  void layout_read(const ZkReply& reply) {
    if (reply.code == ZkCode::no_node) return client_.list(paths_.base, nullptr, then(&Preparation::base_listed));
    if (reply.code != ZkCode::ok) return failed(reply, "read", paths_.layout);
    if (const auto fits = check_layout(reply.data, paths_.base); !fits) return refused(fits.error());
    client_.create(paths_.leader, "", ZkMode::persistent, then(&Preparation::leader_made));
  }

  void base_listed(const ZkReply& reply) {
    if (reply.code == ZkCode::no_node) return make_parent(paths_.base.find('/', 1));
    if (reply.code != ZkCode::ok) return failed(reply, "list", paths_.base);
    const auto& children = reply.children;
    if (contains(children, "layout")) return look();
    if (!children.empty() && !contains(children, "head")) {
      return done_({LayoutOutcome::Kind::unmarked, make_error(Errc::foreign, foreign_text(paths_.base, children))});
    }
    client_.create(paths_.layout, layout_bytes(), ZkMode::persistent, then(&Preparation::layout_made));
  }

  /// Makes the parent that ends at `end`, then those below it.
  void make_parent(std::size_t end) {
    const std::string path = paths_.base.substr(0, end);
    client_.create(path, "", ZkMode::persistent, [self = shared_from_this(), path, end](const ZkReply& reply) {
      if (reply.code != ZkCode::ok && reply.code != ZkCode::node_exists) return self->failed(reply, "create", path);
      if (end == std::string::npos) return self->look();
      self->make_parent(self->paths_.base.find('/', end + 1));
    });
  }

  void layout_made(const ZkReply& reply) {
    const bool go_on = reply.code == ZkCode::ok || reply.code == ZkCode::node_exists || reply.code == ZkCode::no_node;
    if (!go_on) return failed(reply, "create", paths_.layout);
    look();
  }

  void leader_made(const ZkReply& reply) {
    if (reply.code == ZkCode::no_node) return look();
    if (reply.code != ZkCode::ok && reply.code != ZkCode::node_exists) return failed(reply, "create", paths_.leader);
    client_.create(paths_.latch, "", ZkMode::persistent, then(&Preparation::latch_made));
  }

  void latch_made(const ZkReply& reply) {
    if (reply.code == ZkCode::no_node) return look();
    if (reply.code != ZkCode::ok && reply.code != ZkCode::node_exists) return failed(reply, "create", paths_.latch);
    done_(LayoutOutcome{LayoutOutcome::Kind::ready, {}});
  }

  void failed(const ZkReply& reply, const char* verb, const std::string& path) {
    const std::string text = std::string("ZooKeeper refuses to ") + verb + " " + path + ": " + to_string(reply.code);
    if (reply.code == ZkCode::no_auth) {
      return refused(make_error(Errc::refused, text + "; check the node's ACL and our credentials"));
    }
    if (reply.code == ZkCode::bad_argument) {
      return refused(make_error(Errc::invalid, text + "; set another high-availability.zookeeper.path.root or "
                                                      "high-availability.cluster-id"));
    }
    again(std::string("could not ") + verb + " " + path + ": " + to_string(reply.code));
  }

  void refused(Error error) { done_(LayoutOutcome{LayoutOutcome::Kind::refused, std::move(error)}); }
  void again(std::string why) {
    done_(LayoutOutcome{LayoutOutcome::Kind::again, make_error(Errc::unavailable, std::move(why))});
  }

  ZkClient& client_;
  const ZookeeperPaths paths_;
  const std::function<void(LayoutOutcome)> done_;
  int looks_ = 0;
};

}  // namespace

std::string zookeeper_namespace(std::string_view root, std::string_view cluster_id) {
  std::string out;
  for (const char c : "/" + std::string(root) + "/" + std::string(cluster_id)) {
    if (c != '/' || !out.ends_with('/')) out += c;
  }
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

std::string layout_bytes() {
  json::object out;
  out["product"] = "stellwerk";
  out["layout"] = kZookeeperLayout;
  return canonical_json(out);
}

Result<void> check_layout(std::string_view bytes, const std::string& base) {
  const std::string place = base + "/layout";
  const auto value = parse_json(bytes, place);
  if (!value) return make_error(Errc::foreign, value.error().text + "; set another high-availability.cluster-id");
  JsonFields fields(*value, place);
  const std::string product = fields.string("product");
  const std::int64_t layout = fields.integer("layout");
  if (!fields.ok() || product != "stellwerk") {
    return make_error(Errc::foreign, place + " was not written by Stellwerk; set another high-availability.cluster-id");
  }
  if (layout != kZookeeperLayout) {
    return make_error(Errc::not_supported,
                      place + " says layout " + std::to_string(layout) + ", this version knows only " +
                          std::to_string(kZookeeperLayout) +
                          "; run the version that wrote it, or set another high-availability.cluster-id");
  }
  return {};
}

void prepare_layout(ZkClient& client, const ZookeeperPaths& paths, std::function<void(LayoutOutcome)> done) {
  std::make_shared<Preparation>(client, paths, std::move(done))->look();
}

}  // namespace stellwerk::coordination
