#include "base/assert.h"
#include "simulation/sim_zk_connection.h"
#include "simulation/sim_zookeeper.h"

namespace stellwerk::test {

using leadership::ZkCode;

/// A hello: a new session, an old one resumed, or word that it is over.
void SimZookeeper::accept(const ConnectionPtr& connection, const SimZkHello& hello) {
  if (hello.last_zxid > zxid_) {
    break_connection(connection);
    return;
  }
  SimZkLink& link = *connection->link;
  std::int64_t id = hello.session;
  SimZkMessage answer;
  answer.kind = SimZkMessage::Kind::accepted;
  if (id != 0 && link.new_session_) {
    link.new_session_ = false;
    id = 0;
  } else if (id != 0 && !sessions_.contains(id)) {
    answer.kind = SimZkMessage::Kind::expired;
    to_client(connection, std::move(answer));
    return;
  }
  if (id == 0) id = new_session(hello.timeout);

  Session& session = sessions_.at(id);
  if (session.connection && session.connection != connection) session.connection->late_requests = false;
  session.connection = connection;
  connection->session = id;
  link.session_ = id;
  touch(id);
  if (replicas_[connection->replica].applied < hello.last_zxid) catch_up(connection->replica, zxid_);
  replicas_[connection->replica].connections.push_back(connection);
  answer.session.id = id;
  answer.session.password = "0123456789abcdef";
  answer.session.timeout = session.timeout;
  answer.zxid = hello.last_zxid;
  to_client(connection, std::move(answer));
  if (id == hello.session) restore_watches(*connection, hello);
}

/// What changed while the client was away fires now; the rest is watched on.
void SimZookeeper::restore_watches(SimZkConnection& connection, const SimZkHello& hello) {
  const SimZkTree& tree = replicas_[connection.replica].tree;
  const ConnectionPtr self = sessions_.at(connection.session).connection;
  for (const SimZkWatch& watch : hello.watches) {
    const auto it = tree.find(watch.path);
    const bool exists = it != tree.end();
    bool fire = false;
    if (watch.kind == SimZkWatch::data) fire = !exists || it->second.mzxid > hello.last_zxid;
    if (watch.kind == SimZkWatch::missing) fire = exists;
    if (watch.kind == SimZkWatch::children) fire = !exists || it->second.pzxid > hello.last_zxid;
    if (!fire) {
      connection.watches.insert(watch);
      continue;
    }
    SimZkMessage message;
    message.kind = SimZkMessage::Kind::fired;
    message.watch = watch;
    message.change = change_of(watch.kind, exists);
    to_client(self, std::move(message));
  }
}

/// A request; one that comes over a connection which the session has left is refused, as a leader does.
void SimZookeeper::take(const ConnectionPtr& connection, const SimZkRequest& request) {
  const auto it = sessions_.find(connection->session);
  if (it == sessions_.end() || it->second.connection != connection) return;
  touch(connection->session);
  SimZkMessage answer = serve(*connection, request);
  SimZkLink& link = *connection->link;
  if (link.lose_reply_.erase(request.verb) > 0 || chance(link.faults.reply_lost)) {
    break_connection(connection);
    return;
  }
  to_client(connection, std::move(answer));
}

SimZkMessage SimZookeeper::serve(SimZkConnection& connection, const SimZkRequest& request) {
  SimZkMessage answer;
  answer.kind = SimZkMessage::Kind::reply;
  answer.xid = request.xid;
  answer.reply.code = ZkCode::ok;
  switch (request.verb) {
    case SimZkVerb::create:
    case SimZkVerb::remove:
    case SimZkVerb::set:
    case SimZkVerb::multi: {
      SimZkTransaction transaction(tree_, zxid_ + 1, connection.session, options_.compares_versions);
      answer.reply = transaction.apply_all(request.ops);
      if (answer.reply.code == ZkCode::ok)
        catch_up(connection.replica, commit(connection.session, transaction.changes()));
      if (request.verb != SimZkVerb::multi) {
        answer.reply.path = answer.reply.results.front().path;
        answer.reply.stat = answer.reply.results.front().stat;
        answer.reply.results.clear();
      }
      break;
    }
    case SimZkVerb::sync: catch_up(connection.replica, zxid_); break;
    case SimZkVerb::exists:
    case SimZkVerb::get:
    case SimZkVerb::list: read(connection, request, answer); break;
    case SimZkVerb::close: {
      const std::int64_t id = connection.session;
      sessions_.at(id).connection = nullptr;
      end_session(id);
      break;
    }
    case SimZkVerb::connect:
    case SimZkVerb::ping: break;
  }
  answer.zxid = replicas_[connection.replica].applied;
  return answer;
}

void SimZookeeper::read(SimZkConnection& connection, const SimZkRequest& request, SimZkMessage& answer) {
  const SimZkTree& tree = replicas_[connection.replica].tree;
  const auto it = tree.find(request.path);
  const bool exists = it != tree.end();
  if (!exists) answer.reply.code = ZkCode::no_node;
  SimZkWatch watch{SimZkWatch::data, request.path};
  if (request.verb == SimZkVerb::list) watch.kind = SimZkWatch::children;
  if (request.verb == SimZkVerb::exists && !exists) watch.kind = SimZkWatch::missing;
  if (request.watch && (exists || watch.kind == SimZkWatch::missing)) {
    connection.watches.insert(watch);
    answer.watch = watch;
  }
  if (!exists) return;
  if (request.verb != SimZkVerb::list) answer.reply.stat = stat_of(tree, request.path, it->second);
  if (request.verb == SimZkVerb::get) answer.reply.data = it->second.data;
  if (request.verb == SimZkVerb::list) answer.reply.children = children_of(tree, request.path);
}

}  // namespace stellwerk::test
