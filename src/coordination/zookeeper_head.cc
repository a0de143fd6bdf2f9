#include "coordination/zookeeper_head.h"

#include <limits>
#include <memory>

#include "coordination/zookeeper_layout.h"

namespace stellwerk::coordination {

using leadership::ZkCheck;
using leadership::ZkClient;
using leadership::ZkCode;
using leadership::ZkCreate;
using leadership::ZkDelete;
using leadership::ZkMode;
using leadership::ZkOp;
using leadership::ZkReply;
using leadership::ZkSet;
using leadership::ZkStat;

namespace {

/// A znode version stands in HeadVersion as the unsigned number of its bits, so that none of them
/// looks like HeadVersion::kAbsent.
std::int64_t to_wide(std::int32_t version) {
  return static_cast<std::uint32_t>(version);
}

/// The version's low 32 bits are the znode's, in `version` as in `generation`.
std::int32_t to_znode(std::int64_t wide) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(wide));
}

/// 31 bits that tell a layout znode from another of its name. A czxid is a term of the servers and a
/// count in it, and servers that were emptied count from the beginning again: so the time of its
/// making goes into the bits too (mixed as splitmix64 does).
std::int64_t identity(const ZkStat& layout) {
  auto bits = static_cast<std::uint64_t>(layout.czxid) * 0x9e3779b97f4a7c15ULL;
  bits ^= static_cast<std::uint64_t>(layout.created_ms);
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<std::int64_t>((bits ^ (bits >> 31)) >> 33);
}

std::int64_t generation_of(const ZkStat& layout) {
  return identity(layout) << 32 | to_wide(layout.version);
}

bool from_here(HeadVersion version) {
  const bool head = version.version >= 0 && version.version <= std::numeric_limits<std::uint32_t>::max();
  return version.generation >= 0 && (head || version.absent());
}

bool must_renew(HeadVersion version) {
  const std::int32_t znode = to_znode(version.version);
  return znode >= kHeadRenewFrom && znode <= -1;
}

bool makes_anew(HeadVersion expected) {
  return expected.absent() || must_renew(expected);
}

}  // namespace

HeadVersion head_version(const ZkStat& layout, std::int32_t head) {
  return HeadVersion{generation_of(layout), to_wide(head)};
}

HeadVersion no_head_version(const ZkStat& layout) {
  return HeadVersion{generation_of(layout), HeadVersion::kAbsent};
}

bool same_layout(HeadVersion a, HeadVersion b) {
  return a.generation >> 32 == b.generation >> 32;
}

std::vector<ZkOp> head_write(const ZookeeperPaths& paths, const std::string& candidate, std::string bytes,
                             HeadVersion expected) {
  if (!from_here(expected) || to_znode(expected.generation) == -1) return {};
  const std::int32_t layout = to_znode(expected.generation);
  const std::int32_t head = to_znode(expected.version);
  std::vector<ZkOp> ops;
  ops.emplace_back(ZkCheck{candidate, -1});
  if (!makes_anew(expected)) {
    ops.emplace_back(ZkCheck{paths.layout, layout});
    ops.emplace_back(ZkSet{paths.head, std::move(bytes), head});
    return ops;
  }
  ops.emplace_back(ZkSet{paths.layout, layout_bytes(), layout});
  if (!expected.absent()) ops.emplace_back(ZkDelete{paths.head, head});
  ops.emplace_back(ZkCreate{paths.head, std::move(bytes), ZkMode::persistent});
  return ops;
}

HeadWritten head_written(const std::vector<ZkOp>& ops, const ZkReply& reply, HeadVersion expected) {
  HeadWritten out;
  out.result.reason = to_string(reply.code);
  switch (reply.code) {
    case ZkCode::ok: {
      out.result.outcome = WriteOutcome::ok;
      out.result.reason.clear();
      if (makes_anew(expected)) {
        const std::int64_t layout = expected.generation >> 32;
        out.result.version = HeadVersion{layout << 32 | to_wide(reply.results.at(1).stat.version), 0};
      } else {
        out.result.version = HeadVersion{expected.generation, to_wide(reply.results.at(2).stat.version)};
      }
      return out;
    }
    case ZkCode::unknown: out.result.outcome = WriteOutcome::unknown; return out;
    case ZkCode::not_sent: out.result.outcome = WriteOutcome::not_sent; return out;
    case ZkCode::expired: out.result.outcome = WriteOutcome::lost; return out;
    default: break;
  }
  out.result.outcome = WriteOutcome::mismatch;
  std::size_t failed = 0;
  while (failed < reply.results.size() && reply.results[failed].code == ZkCode::ok) ++failed;
  if (failed >= reply.results.size() || failed >= ops.size()) return out;
  const ZkCode code = reply.results[failed].code;
  const std::string path = std::visit([](const auto& op) { return op.path; }, ops[failed]);
  out.result.reason = path + ": " + to_string(code);
  out.candidate_gone = failed == 0 && code == ZkCode::no_node;
  out.layout_gone = failed == 1 && code == ZkCode::no_node;
  return out;
}

void read_head(ZkClient& client, const ZookeeperPaths& paths, bool synced, ZkClient::Watch watch,
               std::function<void(HeadRead)> done) {
  struct Replies {
    ZkCode sync = ZkCode::ok;
    ZkReply layout;
  };
  // Three requests in one go: a session's requests are served in their order.
  const auto replies = std::make_shared<Replies>();
  if (synced) client.sync(paths.base, [replies](const ZkReply& reply) { replies->sync = reply.code; });
  client.get(paths.layout, nullptr, [replies](const ZkReply& reply) { replies->layout = reply; });
  client.get(paths.head, std::move(watch), [replies, base = paths.base, done = std::move(done)](const ZkReply& head) {
    const ZkReply& layout = replies->layout;
    const bool nothing = layout.code == ZkCode::no_node && head.code == ZkCode::no_node;
    HeadRead out;
    out.code = head.code == ZkCode::no_node ? ZkCode::ok : head.code;
    if (layout.code != ZkCode::ok && !nothing) out.code = layout.code;
    if (replies->sync != ZkCode::ok) out.code = replies->sync;
    out.layout_gone = layout.code == ZkCode::no_node && !nothing;
    if (out.code == ZkCode::ok && !nothing)
      if (const auto fits = check_layout(layout.data, base); !fits && fits.error().code == Errc::not_supported)
        out.newer = fits.error();
    if (head.code == ZkCode::ok) {
      out.reading.bytes = head.data;
      out.reading.version = head_version(layout.stat, head.stat.version);
    } else {
      out.reading.version = no_head_version(layout.stat);
    }
    done(std::move(out));
  });
}

}  // namespace stellwerk::coordination
