#include "coordination/zookeeper_multi.h"

#include <algorithm>
#include <string_view>
#include <variant>

namespace stellwerk::coordination {

using leadership::ZkCheck;
using leadership::ZkCode;
using leadership::ZkCreate;
using leadership::ZkDelete;
using leadership::ZkMode;
using leadership::ZkOp;
using leadership::ZkSet;

namespace {

/// Sequence numbers are signed: up to ten digits and a sign, and the end of the string.
constexpr std::size_t kSequenceBytes = 12;

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;  // clang 14 does not find it

std::size_t data_bytes(const ZkOp& op) noexcept {
  if (const auto* create = std::get_if<ZkCreate>(&op)) return create->data.size();
  if (const auto* set = std::get_if<ZkSet>(&op)) return set->data.size();
  return 0;
}

bool printable(std::string_view path) noexcept {
  return std::all_of(path.begin(), path.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f;
  });
}

}  // namespace

ZkCode zookeeper_code(int rc) noexcept {
  switch (rc) {
    case ZOK: return ZkCode::ok;
    case ZNONODE: return ZkCode::no_node;
    case ZNODEEXISTS: return ZkCode::node_exists;
    case ZBADVERSION: return ZkCode::bad_version;
    case ZNOTEMPTY: return ZkCode::not_empty;
    case ZNOAUTH:
    case ZAUTHFAILED:
    case ZINVALIDACL:
    case ZSESSIONCLOSEDREQUIRESASLAUTH: return ZkCode::no_auth;
    case ZSESSIONEXPIRED: return ZkCode::expired;
    case ZBADARGUMENTS:
    case ZNOCHILDRENFOREPHEMERALS:
    case ZUNIMPLEMENTED:
    case ZRUNTIMEINCONSISTENCY: return ZkCode::bad_argument;  // the last: an op of a multi behind the culprit
    default: return ZkCode::unknown;
  }
}

ZkCode zookeeper_code_unqueued(int rc) noexcept {
  return rc == ZBADARGUMENTS ? ZkCode::bad_argument : ZkCode::not_sent;
}

leadership::ZkStat zookeeper_stat(const Stat& stat) noexcept {
  return {stat.czxid, stat.version, stat.cversion, stat.ephemeralOwner, stat.numChildren, stat.ctime};
}

const ACL_vector* zookeeper_acl(ZooKeeperAcl acl) noexcept {
  return acl == ZooKeeperAcl::creator ? &ZOO_CREATOR_ALL_ACL : &ZOO_OPEN_ACL_UNSAFE;
}

int zookeeper_flags(ZkMode mode) noexcept {
  switch (mode) {
    case ZkMode::persistent: return ZOO_PERSISTENT;
    case ZkMode::ephemeral: return ZOO_EPHEMERAL;
    case ZkMode::ephemeral_sequential: return ZOO_EPHEMERAL_SEQUENTIAL;
  }
  return ZOO_PERSISTENT;
}

bool zookeeper_path_valid(const std::string& path) noexcept {
  if (path.empty() || path.size() > kZkPathBytesMax || path.front() != '/' || !printable(path)) return false;
  if (path == "/") return true;
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = std::string_view(path).substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

bool zookeeper_multi_valid(const std::vector<ZkOp>& ops) noexcept {
  if (ops.empty() || ops.size() > kZkOpsMax) return false;
  std::size_t bytes = 0;
  for (const ZkOp& op : ops) {
    if (!std::visit([](const auto& one) { return zookeeper_path_valid(one.path); }, op)) return false;
    if (data_bytes(op) > kHeadBytesMax) return false;
    bytes += data_bytes(op);
  }
  return bytes <= kZkRequestBytesMax;
}

ZooKeeperMulti::ZooKeeperMulti(const std::vector<ZkOp>& ops, const ACL_vector* acl)
    : ops_(ops.size()), raw_(ops.size()), stats_(ops.size()), names_(ops.size()) {
  for (std::size_t i = 0; i < ops.size(); ++i) {
    std::visit(Overloaded{
                   [&](const ZkCheck& op) { zoo_check_op_init(&ops_[i], op.path.c_str(), op.version); },
                   [&](const ZkDelete& op) { zoo_delete_op_init(&ops_[i], op.path.c_str(), op.version); },
                   [&](const ZkSet& op) {
                     zoo_set_op_init(&ops_[i], op.path.c_str(), op.data.data(), static_cast<int>(op.data.size()),
                                     op.version, &stats_[i]);
                   },
                   [&](const ZkCreate& op) {
                     names_[i].resize(op.path.size() + kSequenceBytes);
                     zoo_create_op_init(&ops_[i], op.path.c_str(), op.data.data(), static_cast<int>(op.data.size()),
                                        acl, zookeeper_flags(op.mode), names_[i].data(),
                                        static_cast<int>(names_[i].size()));
                   },
               },
               ops[i]);
  }
}

int ZooKeeperMulti::send(zhandle_t* zh, void_completion_t done, const void* data) {
  const int rc = zoo_amulti(zh, static_cast<int>(ops_.size()), ops_.data(), raw_.data(), done, data);
  ops_.clear();  // it points into the caller's strings
  return rc;
}

std::vector<leadership::ZkOpResult> ZooKeeperMulti::results(int rc) const {
  std::vector<leadership::ZkOpResult> results(raw_.size());
  for (std::size_t i = 0; i < raw_.size(); ++i) {
    results[i].code = zookeeper_code(raw_[i].err);
    if (rc != ZOK) continue;
    if (raw_[i].value != nullptr) results[i].path = raw_[i].value;
    if (raw_[i].stat != nullptr) results[i].stat = zookeeper_stat(*raw_[i].stat);
  }
  return results;
}

}  // namespace stellwerk::coordination
