#include "coordination/zookeeper_erase.h"

#include <memory>
#include <vector>

namespace stellwerk::coordination {

using leadership::ZkClient;
using leadership::ZkCode;
using leadership::ZkDelete;
using leadership::ZkOp;
using leadership::ZkReply;

namespace {

class Erasure : public std::enable_shared_from_this<Erasure> {
 public:
  Erasure(ZkClient& client, const ZookeeperPaths& paths, std::function<void(Result<void>)> done)
      : client_(client), paths_(paths), done_(std::move(done)) {}

  void start() {
    todo_ = {paths_.leader};
    client_.sync(paths_.base, [self = shared_from_this()](const ZkReply& reply) {
      if (reply.code != ZkCode::ok) return self->failed(reply, self->paths_.base);
      self->next();
    });
  }

 private:
  /// Deletes the node on top of the stack; one with children puts them on top first.
  void next() {
    if (todo_.empty()) return look_at_head();
    if (++requests_ > kEraseRequestsMax) {
      return done_(make_error(Errc::unavailable, "somebody keeps adding nodes below " + paths_.leader));
    }
    client_.remove(todo_.back(), -1, [self = shared_from_this()](const ZkReply& reply) {
      if (reply.code == ZkCode::not_empty) return self->open(self->todo_.back());
      if (reply.code != ZkCode::ok && reply.code != ZkCode::no_node) return self->failed(reply, self->todo_.back());
      self->todo_.pop_back();
      self->next();
    });
  }

  void open(const std::string& path) {
    client_.list(path, nullptr, [self = shared_from_this(), path](const ZkReply& reply) {
      if (reply.code != ZkCode::ok && reply.code != ZkCode::no_node) return self->failed(reply, path);
      for (const std::string& child : reply.children) self->todo_.push_back(path + "/" + child);
      ++self->requests_;
      self->next();
    });
  }

  void look_at_head() {
    client_.exists(paths_.layout, nullptr, [self = shared_from_this()](const ZkReply& layout) {
      if (layout.code != ZkCode::ok && layout.code != ZkCode::no_node) return self->failed(layout, self->paths_.layout);
      self->client_.exists(self->paths_.head, nullptr, [self, layout](const ZkReply& head) {
        if (head.code != ZkCode::ok && head.code != ZkCode::no_node) return self->failed(head, self->paths_.head);
        self->delete_head(layout, head);
      });
    });
  }

  void delete_head(const ZkReply& layout, const ZkReply& head) {
    std::vector<ZkOp> ops;
    if (layout.code == ZkCode::ok) ops.emplace_back(ZkDelete{paths_.layout, layout.stat.version});
    if (head.code == ZkCode::ok) ops.emplace_back(ZkDelete{paths_.head, head.stat.version});
    if (ops.empty()) return delete_base();
    client_.multi(std::move(ops), [self = shared_from_this()](const ZkReply& reply) {
      if (reply.code != ZkCode::ok) return self->failed(reply, self->paths_.head);
      self->delete_base();
    });
  }

  /// What others keep in it is not ours to delete, and then it stays.
  void delete_base() {
    client_.remove(paths_.base, -1, [self = shared_from_this()](const ZkReply& reply) {
      const bool fine = reply.code == ZkCode::ok || reply.code == ZkCode::no_node || reply.code == ZkCode::not_empty;
      if (!fine) return self->failed(reply, self->paths_.base);
      self->done_(Result<void>());
    });
  }

  void failed(const ZkReply& reply, const std::string& path) {
    Errc code = Errc::unavailable;
    if (reply.code == ZkCode::unknown || reply.code == ZkCode::expired) code = Errc::unknown;
    if (reply.code == ZkCode::no_auth) code = Errc::refused;
    done_(make_error(code, "could not delete " + path + " in ZooKeeper: " + to_string(reply.code)));
  }

  ZkClient& client_;
  const ZookeeperPaths paths_;
  const std::function<void(Result<void>)> done_;
  std::vector<std::string> todo_;
  int requests_ = 0;
};

}  // namespace

void erase_namespace(ZkClient& client, const ZookeeperPaths& paths, std::function<void(Result<void>)> done) {
  std::make_shared<Erasure>(client, paths, std::move(done))->start();
}

}  // namespace stellwerk::coordination
