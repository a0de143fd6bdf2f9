#include "simulation/sim_zookeeper.h"

#include <algorithm>

#include "base/assert.h"
#include "simulation/sim_zk_client.h"
#include "simulation/sim_zk_connection.h"

namespace stellwerk::test {

using leadership::ZkCode;

struct SimZookeeper::Copy {
  SimZkTree tree;
  std::int64_t zxid = 0;
  std::map<std::int64_t, Duration> sessions;
};

SimZookeeper::SimZookeeper(SimTime& time, std::mt19937_64& random, SimZkOptions options)
    : time_(time), random_(random), options_(options), replicas_(static_cast<std::size_t>(options.replicas)) {
  tree_["/"] = SimZnode{};
  reset_replicas();
}

SimZkLink& SimZookeeper::link(const std::string& name) {
  auto& link = links_[name];
  if (!link) link = std::make_unique<SimZkLink>(*this, name);
  return *link;
}

leadership::ZkClientFactory SimZookeeper::factory(SimExecutor& executor, const std::string& name, Duration timeout) {
  return [this, &executor, &link = link(name), timeout] {
    return std::make_unique<SimZkClient>(*this, executor, link, timeout);
  };
}

// ---- sessions

std::int64_t SimZookeeper::new_session(Duration timeout) {
  const std::int64_t id = next_session_++;
  const Duration granted =
      std::clamp(timeout, options_.tick * options_.timeout_ticks_min, options_.tick * options_.timeout_ticks_max);
  sessions_[id] = Session{granted, Time{}, nullptr};
  touch(id);
  arm_expiry(id);
  return id;
}

/// Servers look once per tick, so a session lives up to a tick longer than its timeout.
void SimZookeeper::touch(std::int64_t id) {
  Session& session = sessions_.at(id);
  const auto ticks = (time_.now() + session.timeout).time_since_epoch() / options_.tick + 1;
  session.expires = Time(ticks * options_.tick);
}

void SimZookeeper::arm_expiry(std::int64_t id) {
  time_.at(sessions_.at(id).expires, [this, id, incarnation = incarnation_] {
    if (incarnation == incarnation_ && sessions_.contains(id)) expiry_due(id);
  });
}

void SimZookeeper::expiry_due(std::int64_t id) {
  if (frozen_) {
    overdue_.push_back(id);
    return;
  }
  if (stopped_) touch(id);
  if (sessions_.at(id).expires > time_.now()) {
    arm_expiry(id);
  } else {
    end_session(id);
  }
}

void SimZookeeper::end_session(std::int64_t id) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return;
  const ConnectionPtr connection = it->second.connection;
  sessions_.erase(it);
  SimZkTransaction transaction(tree_, zxid_ + 1, 0);
  for (const auto& [path, node] : tree_) {
    if (node.owner == id) transaction.force_delete(path);
  }
  commit(0, transaction.changes());
  if (connection) to_client(connection, SimZkMessage{});
}

// ---- the ensemble

void SimZookeeper::arrived(std::function<void()> handle) {
  if (stopped_) return;
  if (frozen_) {
    frozen_inbox_.push_back(std::move(handle));
  } else {
    handle();
  }
}

void SimZookeeper::freeze() {
  frozen_ = true;
}

void SimZookeeper::thaw() {
  if (!frozen_) return;
  frozen_ = false;
  const auto inbox = std::move(frozen_inbox_);
  const auto overdue = std::move(overdue_);
  frozen_inbox_.clear();
  overdue_.clear();
  const auto expire = [&] {
    for (const std::int64_t id : overdue) {
      if (sessions_.contains(id)) expiry_due(id);
    }
  };
  const bool expire_first = chance(0.5);
  if (expire_first) expire();
  for (const auto& handle : inbox) handle();
  if (!expire_first) expire();
}

void SimZookeeper::stop() {
  stopped_ = true;
  break_all();
}

void SimZookeeper::start() {
  stopped_ = false;
  for (const auto& [id, session] : sessions_) touch(id);
}

void SimZookeeper::break_all() {
  for (const auto& [name, link] : links_) link->cut();
}

std::shared_ptr<const SimZookeeper::Copy> SimZookeeper::save() const {
  auto copy = std::make_shared<Copy>();
  copy->tree = tree_;
  copy->zxid = zxid_;
  for (const auto& [id, session] : sessions_) copy->sessions[id] = session.timeout;
  return copy;
}

void SimZookeeper::restore(const std::shared_ptr<const Copy>& copy, bool zxid_back) {
  break_all();
  ++incarnation_;
  frozen_inbox_.clear();
  overdue_.clear();
  std::vector<SimZkChange> changes;
  for (const auto& [path, node] : tree_) {
    if (!copy->tree.contains(path)) changes.push_back({path, std::nullopt});
  }
  for (const auto& [path, node] : copy->tree) changes.push_back({path, node});
  tree_ = copy->tree;
  zxid_ = zxid_back ? copy->zxid : zxid_ + 1;
  sessions_.clear();
  for (const auto& [id, timeout] : copy->sessions) {
    sessions_[id] = Session{timeout, Time{}, nullptr};
    touch(id);
    arm_expiry(id);
  }
  reset_replicas();
  if (observer_) observer_(0, changes);
}

void SimZookeeper::wipe() {
  auto nothing = std::make_shared<Copy>();
  nothing->tree["/"] = SimZnode{};
  restore(nothing);
}

// ---- transactions and replicas

std::int64_t SimZookeeper::commit(std::int64_t session, std::vector<SimZkChange> changes) {
  if (changes.empty()) return zxid_;
  ++zxid_;
  for (const SimZkChange& change : changes) {
    if (change.after) {
      tree_[change.path] = *change.after;
    } else {
      tree_.erase(change.path);
    }
  }
  log_.push_back(Transaction{zxid_, changes});
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const auto lag = static_cast<Duration::rep>(below(static_cast<std::uint64_t>(options_.lag_max.count()) + 1));
    replicas_[i].caught_up_at = std::max(replicas_[i].caught_up_at, time_.now() + Duration(lag));
    time_.at(replicas_[i].caught_up_at, [this, i, zxid = zxid_, incarnation = incarnation_] {
      if (incarnation == incarnation_) catch_up(i, zxid);
    });
  }
  if (observer_) observer_(session, changes);
  return zxid_;
}

void SimZookeeper::catch_up(std::size_t index, std::int64_t zxid) {
  Replica& replica = replicas_[index];
  for (const Transaction& transaction : log_) {
    if (transaction.zxid <= replica.applied || transaction.zxid > zxid) continue;
    for (const SimZkChange& change : transaction.changes) {
      const auto it = replica.tree.find(change.path);
      const bool existed = it != replica.tree.end();
      const bool data_changed = existed && change.after && it->second.mzxid != change.after->mzxid;
      if (change.after) {
        replica.tree[change.path] = *change.after;
      } else if (existed) {
        replica.tree.erase(it);
      }
      fire_watches(replica, change, existed, data_changed);
    }
    replica.applied = transaction.zxid;
  }
  forget_applied();
}

leadership::ZkChange change_of(SimZkWatch::Kind kind, bool exists) {
  if (!exists) return leadership::ZkChange::deleted;
  switch (kind) {
    case SimZkWatch::data: return leadership::ZkChange::data;
    case SimZkWatch::missing: return leadership::ZkChange::created;
    case SimZkWatch::children: break;
  }
  return leadership::ZkChange::children;
}

void SimZookeeper::fire_watches(Replica& replica, const SimZkChange& change, bool existed, bool data_changed) {
  std::vector<SimZkWatch> fired;
  const bool exists = change.after.has_value();
  if (existed != exists || data_changed) fired.push_back({SimZkWatch::data, change.path});
  if (!existed && exists) fired.push_back({SimZkWatch::missing, change.path});
  if (existed && !exists) fired.push_back({SimZkWatch::children, change.path});
  if (existed != exists && change.path != "/") fired.push_back({SimZkWatch::children, parent_of(change.path)});
  std::erase_if(replica.connections, [](const auto& weak) { return weak.expired(); });
  for (const auto& weak : replica.connections) {
    const ConnectionPtr connection = weak.lock();
    for (const SimZkWatch& watch : fired) {
      if (connection->watches.erase(watch) == 0) continue;
      SimZkMessage message;
      message.kind = SimZkMessage::Kind::fired;
      message.watch = watch;
      message.change = change_of(watch.kind, watch.path != change.path || exists);
      to_client(connection, std::move(message));
    }
  }
}

void SimZookeeper::forget_applied() {
  std::int64_t oldest = zxid_;
  for (const Replica& replica : replicas_) oldest = std::min(oldest, replica.applied);
  while (!log_.empty() && log_.front().zxid <= oldest) log_.pop_front();
}

void SimZookeeper::reset_replicas() {
  log_.clear();
  for (Replica& replica : replicas_) replica = Replica{tree_, zxid_, time_.now(), {}};
}

// ---- by hand

const SimZnode* SimZookeeper::find(const std::string& path) const {
  const auto it = tree_.find(path);
  return it == tree_.end() ? nullptr : &it->second;
}

void SimZookeeper::make(const std::string& path, const std::string& data, std::int64_t owner) {
  const std::string parent = parent_of(path);
  if (!tree_.contains(parent)) make(parent, "");
  SimZkTransaction transaction(tree_, zxid_ + 1, owner);
  const auto mode = owner == 0 ? leadership::ZkMode::persistent : leadership::ZkMode::ephemeral;
  const auto result = transaction.apply(leadership::ZkCreate{path, data, mode});
  STELLWERK_ASSERT(result.code == ZkCode::ok, "a node made by hand could not be made");
  commit(0, transaction.changes());
}

void SimZookeeper::put(const std::string& path, const std::string& data) {
  SimZkTransaction transaction(tree_, zxid_ + 1, 0);
  const auto result = transaction.apply(leadership::ZkSet{path, data, -1});
  STELLWERK_ASSERT(result.code == ZkCode::ok, "a node set by hand could not be set");
  commit(0, transaction.changes());
}

bool SimZookeeper::delete_all(const std::string& path) {
  if (!tree_.contains(path)) return false;
  SimZkTransaction transaction(tree_, zxid_ + 1, 0);
  const std::string prefix = path + "/";
  std::vector<std::string> paths;
  for (auto it = tree_.lower_bound(prefix); it != tree_.end() && it->first.starts_with(prefix); ++it) {
    paths.push_back(it->first);
  }
  for (auto it = paths.rbegin(); it != paths.rend(); ++it) transaction.force_delete(*it);
  transaction.force_delete(path);
  commit(0, transaction.changes());
  return true;
}

void SimZookeeper::set_sequence(const std::string& parent, std::int32_t next) {
  SimZnode node = tree_.at(parent);
  node.cversion = next;
  commit(0, {SimZkChange{parent, node}});
}

void SimZookeeper::set_version(const std::string& path, std::int32_t version) {
  SimZnode node = tree_.at(path);
  node.version = version;
  node.mzxid = zxid_ + 1;
  commit(0, {SimZkChange{path, node}});
}

}  // namespace stellwerk::test
