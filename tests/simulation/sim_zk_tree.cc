#include "simulation/sim_zk_tree.h"

#include <cstdio>

namespace stellwerk::test {

using leadership::ZkCheck;
using leadership::ZkCode;
using leadership::ZkCreate;
using leadership::ZkDelete;
using leadership::ZkMode;
using leadership::ZkOp;
using leadership::ZkOpResult;
using leadership::ZkReply;
using leadership::ZkSet;
using leadership::ZkStat;

namespace {

std::string below(const std::string& path) {
  return path == "/" ? path : path + "/";
}

std::int32_t wrapping_increment(std::int32_t n) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(n) + 1U);
}

/// As the server prints it: ten digits, a minus counts as one, and the lowest numbers need eleven.
std::string sequence_text(std::int32_t n) {
  char text[16];
  std::snprintf(text, sizeof text, "%010d", n);
  return text;
}

bool version_fits(std::int32_t expected, std::int32_t actual) {
  return expected == -1 || expected == actual;
}

ZkOpResult failed(ZkCode code) {
  ZkOpResult result;
  result.code = code;
  return result;
}

}  // namespace

std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::vector<std::string> children_of(const SimZkTree& tree, const std::string& path) {
  const std::string prefix = below(path);
  std::vector<std::string> names;
  for (auto it = tree.lower_bound(prefix); it != tree.end() && it->first.starts_with(prefix); ++it) {
    const auto name = std::string_view(it->first).substr(prefix.size());
    if (!name.empty() && name.find('/') == std::string_view::npos) names.emplace_back(name);
  }
  return names;
}

ZkStat stat_of(const SimZkTree& tree, const std::string& path, const SimZnode& node) {
  ZkStat stat;
  stat.czxid = node.czxid;
  stat.version = node.version;
  stat.cversion = node.cversion;
  stat.ephemeral_owner = node.owner;
  stat.children = static_cast<std::int32_t>(children_of(tree, path).size());
  return stat;
}

bool valid_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return false;
  if (path.size() > 1 && path.back() == '/') return false;
  return path.find("//") == std::string_view::npos && path.find('\0') == std::string_view::npos;
}

const SimZnode* SimZkTransaction::find(const std::string& path) const {
  const auto staged = staged_.find(path);
  if (staged != staged_.end()) return staged->second ? &*staged->second : nullptr;
  const auto it = tree_.find(path);
  return it == tree_.end() ? nullptr : &it->second;
}

SimZnode& SimZkTransaction::touch(const std::string& path) {
  auto it = staged_.find(path);
  if (it == staged_.end()) it = staged_.emplace(path, tree_.at(path)).first;
  return *it->second;
}

bool SimZkTransaction::has_children(const std::string& path) const {
  const std::string prefix = below(path);
  for (auto it = tree_.lower_bound(prefix); it != tree_.end() && it->first.starts_with(prefix); ++it) {
    if (find(it->first) != nullptr) return true;
  }
  for (auto it = staged_.lower_bound(prefix); it != staged_.end() && it->first.starts_with(prefix); ++it) {
    if (it->second) return true;
  }
  return false;
}

ZkOpResult SimZkTransaction::create(const ZkCreate& op) {
  if (!valid_path(op.path)) return failed(ZkCode::bad_argument);
  const std::string parent_path = parent_of(op.path);
  const SimZnode* parent = find(parent_path);
  if (parent == nullptr) return failed(ZkCode::no_node);
  if (parent->owner != 0) return failed(ZkCode::bad_argument);
  ZkOpResult result;
  result.path = op.path;
  if (op.mode == ZkMode::ephemeral_sequential) result.path += sequence_text(parent->cversion);
  if (find(result.path) != nullptr) return failed(ZkCode::node_exists);

  SimZnode node;
  node.data = op.data;
  node.czxid = node.mzxid = node.pzxid = zxid_;
  if (op.mode != ZkMode::persistent) node.owner = session_;
  SimZnode& changed = touch(parent_path);
  changed.cversion = wrapping_increment(changed.cversion);
  changed.pzxid = zxid_;
  staged_[result.path] = std::move(node);
  return result;
}

ZkOpResult SimZkTransaction::set(const ZkSet& op) {
  const SimZnode* node = find(op.path);
  if (node == nullptr) return failed(ZkCode::no_node);
  if (compares_ && !version_fits(op.version, node->version)) return failed(ZkCode::bad_version);
  SimZnode& changed = touch(op.path);
  changed.data = op.data;
  changed.mzxid = zxid_;
  changed.version = wrapping_increment(changed.version);
  ZkOpResult result;
  result.stat = stat_of(tree_, op.path, changed);
  return result;
}

ZkOpResult SimZkTransaction::remove(const ZkDelete& op) {
  const SimZnode* node = find(op.path);
  if (node == nullptr || op.path == "/") return failed(ZkCode::no_node);
  if (!version_fits(op.version, node->version)) return failed(ZkCode::bad_version);
  if (has_children(op.path)) return failed(ZkCode::not_empty);
  force_delete(op.path);
  return {};
}

ZkOpResult SimZkTransaction::check(const ZkCheck& op) const {
  const SimZnode* node = find(op.path);
  if (node == nullptr) return failed(ZkCode::no_node);
  if (!version_fits(op.version, node->version)) return failed(ZkCode::bad_version);
  return {};
}

bool SimZkTransaction::force_delete(const std::string& path) {
  if (find(path) == nullptr) return false;
  staged_[path] = std::nullopt;
  touch(parent_of(path)).pzxid = zxid_;
  return true;
}

ZkOpResult SimZkTransaction::apply(const ZkOp& op) {
  if (const auto* create_op = std::get_if<ZkCreate>(&op)) return create(*create_op);
  if (const auto* set_op = std::get_if<ZkSet>(&op)) return set(*set_op);
  if (const auto* delete_op = std::get_if<ZkDelete>(&op)) return remove(*delete_op);
  return check(std::get<ZkCheck>(op));
}

ZkReply SimZkTransaction::apply_all(const std::vector<ZkOp>& ops) {
  ZkReply reply;
  reply.code = ZkCode::ok;
  for (const ZkOp& op : ops) {
    // Like a server: those before the failed one say ok though undone, those after it do not.
    if (reply.code != ZkCode::ok) {
      reply.results.push_back(failed(ZkCode::bad_argument));
      continue;
    }
    reply.results.push_back(apply(op));
    reply.code = reply.results.back().code;
  }
  return reply;
}

std::vector<SimZkChange> SimZkTransaction::changes() const {
  std::vector<SimZkChange> out;
  for (const auto& [path, after] : staged_) {
    if (!after && !tree_.contains(path)) continue;
    out.push_back(SimZkChange{path, after});
  }
  return out;
}

}  // namespace stellwerk::test
