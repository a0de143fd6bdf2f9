#include "coordination/zookeeper_requests.h"

#include <zookeeper/zookeeper.h>

#include <utility>

#include "base/assert.h"
#include "coordination/zookeeper_multi.h"

namespace stellwerk::coordination {

using leadership::ZkChange;
using leadership::ZkCode;
using leadership::ZkReply;

struct ZooKeeperRequests::Entry {
  ZooKeeperRequests* owner = nullptr;
  std::list<std::unique_ptr<Entry>>::iterator self;
  Handler done;
  Time sent{};
  std::uint64_t watch = 0;
  std::unique_ptr<ZooKeeperMulti> multi;

  void* watch_context() const { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(watch)); }
  watcher_fn watcher() const { return watch == 0 ? nullptr : &ZooKeeperHandle::watch_fired; }

  // What the library calls; `data` is the entry.
  static Entry& of(const void* data) { return *static_cast<Entry*>(const_cast<void*>(data)); }
  static void on_void(int rc, const void* data) { finish(data, rc, {}); }
  static void on_name(int rc, const char* name, const void* data) {
    ZkReply reply;
    if (rc == ZOK && name != nullptr) reply.path = name;
    finish(data, rc, std::move(reply));
  }
  static void on_stat(int rc, const Stat* stat, const void* data) {
    ZkReply reply;
    if (rc == ZOK && stat != nullptr) reply.stat = zookeeper_stat(*stat);
    finish(data, rc, std::move(reply));
  }
  static void on_exists(int rc, const Stat* stat, const void* data) {
    ZkReply reply;
    if (rc == ZOK && stat != nullptr) reply.stat = zookeeper_stat(*stat);
    finish(data, rc, std::move(reply), rc == ZOK || rc == ZNONODE);
  }
  static void on_data(int rc, const char* value, int bytes, const Stat* stat, const void* data) {
    ZkReply reply;
    if (rc == ZOK && value != nullptr && bytes > 0) reply.data.assign(value, static_cast<std::size_t>(bytes));
    if (rc == ZOK && stat != nullptr) reply.stat = zookeeper_stat(*stat);
    finish(data, rc, std::move(reply));
  }
  static void on_children(int rc, const String_vector* names, const void* data) {
    ZkReply reply;
    for (int i = 0; rc == ZOK && names != nullptr && i < names->count; ++i) reply.children.emplace_back(names->data[i]);
    finish(data, rc, std::move(reply));
  }
  static void on_multi(int rc, const void* data) {
    ZkReply reply;
    reply.results = of(data).multi->results(rc);
    finish(data, rc, std::move(reply));
  }
  static void finish(const void* data, int rc, ZkReply reply) { finish(data, rc, std::move(reply), rc == ZOK); }
  static void finish(const void* data, int rc, ZkReply reply, bool watch_is_set) {
    reply.code = zookeeper_code(rc);
    Entry& entry = of(data);
    entry.owner->complete(entry, std::move(reply), watch_is_set);
  }
};

namespace {

using Entry = ZooKeeperRequests::Entry;

ZkChange change_of(int type) {
  if (type == ZOO_CREATED_EVENT) return ZkChange::created;
  if (type == ZOO_DELETED_EVENT) return ZkChange::deleted;
  return type == ZOO_CHILD_EVENT ? ZkChange::children : ZkChange::data;
}

bool valid(const std::string& path, const std::string& data = {}) {
  return zookeeper_path_valid(path) && data.size() <= kHeadBytesMax;
}

}  // namespace

ZooKeeperRequests::ZooKeeperRequests(ZooKeeperAcl acl, Later later) : acl_(acl), later_(std::move(later)) {}

ZooKeeperRequests::~ZooKeeperRequests() = default;

Entry* ZooKeeperRequests::admit(ZooKeeperHandle* handle, bool is_valid, Time now, Watch watch, Handler& done) {
  const bool room = entries_.size() < leadership::kZkRequestsMax && (!watch || watches_.size() < kZkWatchesMax);
  if (!is_valid || handle == nullptr || !room) {
    ZkReply refusal;
    refusal.code = is_valid ? ZkCode::not_sent : ZkCode::bad_argument;
    reply_later(std::move(done), std::move(refusal));
    return nullptr;
  }
  STELLWERK_ASSERT(handle->connected(), "what is asked without a connection would be sent much later");
  const auto self = entries_.insert(entries_.end(), std::make_unique<Entry>());
  Entry& entry = **self;
  entry.owner = this;
  entry.self = self;
  entry.done = std::move(done);
  entry.sent = now;
  if (watch) {
    entry.watch = ++last_watch_;
    watches_.emplace(entry.watch, std::move(watch));
  }
  return &entry;
}

void ZooKeeperRequests::queued(Entry& entry, int rc) {
  if (rc == ZOK) return;
  // Never reached the library's queue, so it will not be completed.
  ZkReply refusal;
  refusal.code = zookeeper_code_unqueued(rc);
  complete(entry, std::move(refusal), false);
}

void ZooKeeperRequests::complete(Entry& entry, ZkReply reply, bool watch_is_set) {
  if (entry.watch != 0 && !watch_is_set) watches_.erase(entry.watch);
  if (entry.done) reply_later(std::move(entry.done), std::move(reply));
  entries_.erase(entry.self);
}

void ZooKeeperRequests::reply_later(Handler done, ZkReply reply) {
  if (!done) return;
  later_([done = std::move(done), reply = std::move(reply)]() mutable { done(std::move(reply)); });
}

void ZooKeeperRequests::create(ZooKeeperHandle* handle, const leadership::ZkCreate& op, Time now, Handler done) {
  Entry* entry = admit(handle, valid(op.path, op.data), now, nullptr, done);
  if (entry == nullptr) return;
  const ZooKeeperHandle::Call call(*handle);
  queued(*entry, zoo_acreate(call.zh, op.path.c_str(), op.data.data(), static_cast<int>(op.data.size()),
                             zookeeper_acl(acl_), zookeeper_flags(op.mode), &Entry::on_name, entry));
}

void ZooKeeperRequests::remove(ZooKeeperHandle* handle, const leadership::ZkDelete& op, Time now, Handler done) {
  Entry* entry = admit(handle, valid(op.path), now, nullptr, done);
  if (entry == nullptr) return;
  const ZooKeeperHandle::Call call(*handle);
  queued(*entry, zoo_adelete(call.zh, op.path.c_str(), op.version, &Entry::on_void, entry));
}

void ZooKeeperRequests::set(ZooKeeperHandle* handle, const leadership::ZkSet& op, Time now, Handler done) {
  Entry* entry = admit(handle, valid(op.path, op.data), now, nullptr, done);
  if (entry == nullptr) return;
  const ZooKeeperHandle::Call call(*handle);
  queued(*entry, zoo_aset(call.zh, op.path.c_str(), op.data.data(), static_cast<int>(op.data.size()), op.version,
                          &Entry::on_stat, entry));
}

void ZooKeeperRequests::exists(ZooKeeperHandle* handle, const std::string& path, Watch watch, Time now, Handler done) {
  Entry* entry = admit(handle, valid(path), now, std::move(watch), done);
  if (entry == nullptr) return;
  const ZooKeeperHandle::Call call(*handle);
  queued(*entry,
         zoo_awexists(call.zh, path.c_str(), entry->watcher(), entry->watch_context(), &Entry::on_exists, entry));
}

void ZooKeeperRequests::get(ZooKeeperHandle* handle, const std::string& path, Watch watch, Time now, Handler done) {
  Entry* entry = admit(handle, valid(path), now, std::move(watch), done);
  if (entry == nullptr) return;
  const ZooKeeperHandle::Call call(*handle);
  queued(*entry, zoo_awget(call.zh, path.c_str(), entry->watcher(), entry->watch_context(), &Entry::on_data, entry));
}

void ZooKeeperRequests::list(ZooKeeperHandle* handle, const std::string& path, Watch watch, Time now, Handler done) {
  Entry* entry = admit(handle, valid(path), now, std::move(watch), done);
  if (entry == nullptr) return;
  const ZooKeeperHandle::Call call(*handle);
  queued(*entry, zoo_awget_children(call.zh, path.c_str(), entry->watcher(), entry->watch_context(),
                                    &Entry::on_children, entry));
}

void ZooKeeperRequests::sync(ZooKeeperHandle* handle, const std::string& path, Time now, Handler done) {
  Entry* entry = admit(handle, valid(path), now, nullptr, done);
  if (entry == nullptr) return;
  const ZooKeeperHandle::Call call(*handle);
  queued(*entry, zoo_async(call.zh, path.c_str(), &Entry::on_name, entry));
}

void ZooKeeperRequests::multi(ZooKeeperHandle* handle, const std::vector<leadership::ZkOp>& ops, Time now,
                              Handler done) {
  Entry* entry = admit(handle, zookeeper_multi_valid(ops), now, nullptr, done);
  if (entry == nullptr) return;
  entry->multi = std::make_unique<ZooKeeperMulti>(ops, zookeeper_acl(acl_));
  const ZooKeeperHandle::Call call(*handle);
  // On a handle that is over the library would free what it does not own.
  STELLWERK_ASSERT(is_unrecoverable(call.zh) == ZOK, "the session of a connected handle is not over");
  queued(*entry, entry->multi->send(call.zh, &Entry::on_multi, entry));
}

std::optional<Time> ZooKeeperRequests::oldest() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.front()->sent;
}

void ZooKeeperRequests::abandon(ZkCode code) {
  for (const auto& entry : entries_) {
    ZkReply reply;
    reply.code = code;
    reply_later(std::exchange(entry->done, nullptr), std::move(reply));
  }
}

void ZooKeeperRequests::fire(std::uint64_t watch, int type) {
  auto node = watches_.extract(watch);
  const ZkChange change = change_of(type);
  if (!node.empty()) later_([fired = std::move(node.mapped()), change] { fired(change); });
}

void ZooKeeperRequests::forget_watches() {
  watches_.clear();
}

}  // namespace stellwerk::coordination
