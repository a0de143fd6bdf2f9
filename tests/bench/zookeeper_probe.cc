#include "bench/zookeeper_probe.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace stellwerk::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSessionMs = 30'000;

std::string_view sequence_of(std::string_view name) {
  return name.substr(name.size() - std::min<std::size_t>(10, name.size()));
}

}  // namespace

ZooKeeperProbe::~ZooKeeperProbe() {
  if (handle_ != nullptr) zookeeper_close(handle_);
}

bool ZooKeeperProbe::connect(const std::string& server) {
  zoo_set_debug_level(static_cast<ZooLogLevel>(0));
  const auto watcher = [](zhandle_t*, int type, int state, const char*, void* context) {
    auto& self = *static_cast<ZooKeeperProbe*>(context);
    if (type == ZOO_SESSION_EVENT) self.connected_ = state == ZOO_CONNECTED_STATE;
  };
  handle_ = zookeeper_init(server.c_str(), watcher, kSessionMs, nullptr, this, 0);
  return handle_ != nullptr && turn_until(connected_, kAnswerMax);
}

bool ZooKeeperProbe::turn_until(const bool& done, std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (!done) {
    pollfd socket{};
    int interest = 0;
    timeval wait{};
    zookeeper_interest(handle_, &socket.fd, &interest, &wait);
    if ((interest & ZOOKEEPER_READ) != 0) socket.events |= POLLIN;
    if ((interest & ZOOKEEPER_WRITE) != 0) socket.events |= POLLOUT;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    const auto asked = wait.tv_sec * 1000 + wait.tv_usec / 1000;
    ::poll(&socket, 1, static_cast<int>(std::min<long>(asked, left)));
    int events = 0;
    if ((socket.revents & (POLLIN | POLLHUP | POLLERR)) != 0) events |= ZOOKEEPER_READ;
    if ((socket.revents & POLLOUT) != 0) events |= ZOOKEEPER_WRITE;
    zookeeper_process(handle_, events);
  }
  return true;
}

bool ZooKeeperProbe::answered(int sent) {
  return sent == ZOK && turn_until(done_, kAnswerMax) && rc_ == ZOK;
}

bool ZooKeeperProbe::prepare(const std::string& root) {
  const auto done = [](int rc, const char*, const void* context) {
    auto& self = *static_cast<ZooKeeperProbe*>(const_cast<void*>(context));
    self.rc_ = rc;
    self.done_ = true;
  };
  const auto create = [&](const std::string& path, int flags) {
    done_ = false;
    return answered(zoo_acreate(handle_, path.c_str(), "", 0, &ZOO_OPEN_ACL_UNSAFE, flags, done, this));
  };
  candidate_ = root + "/candidate";
  head_ = root + "/head";
  return create(root, 0) && create(candidate_, ZOO_EPHEMERAL) && create(head_, 0);
}

bool ZooKeeperProbe::commit(const std::string& bytes) {
  std::array<zoo_op_t, 2> ops{};
  std::array<zoo_op_result_t, 2> results{};
  Stat stat{};
  zoo_check_op_init(ops.data(), candidate_.c_str(), 0);
  zoo_set_op_init(&ops[1], head_.c_str(), bytes.data(), static_cast<int>(bytes.size()), version_++, &stat);
  const auto done = [](int rc, const void* context) {
    auto& self = *static_cast<ZooKeeperProbe*>(const_cast<void*>(context));
    self.rc_ = rc;
    self.done_ = true;
  };
  done_ = false;
  return answered(zoo_amulti(handle_, 2, ops.data(), results.data(), done, this));
}

std::optional<std::string> ZooKeeperProbe::first_child(const std::string& folder) {
  const auto done = [](int rc, const String_vector* names, const void* context) {
    auto& self = *static_cast<ZooKeeperProbe*>(const_cast<void*>(context));
    self.rc_ = rc;
    self.done_ = true;
    if (rc != ZOK) return;
    for (int i = 0; i < names->count; ++i) {
      const std::string name = names->data[i];
      if (!self.found_ || sequence_of(name) < sequence_of(*self.found_)) self.found_ = name;
    }
  };
  done_ = false;
  found_.reset();
  if (!answered(zoo_aget_children(handle_, folder.c_str(), 0, done, this))) return std::nullopt;
  return found_;
}

bool ZooKeeperProbe::watch(const std::string& path) {
  const auto changed = [](zhandle_t*, int type, int, const char*, void* context) {
    if (type != ZOO_SESSION_EVENT) static_cast<ZooKeeperProbe*>(context)->changed_ = true;
  };
  const auto done = [](int rc, const Stat*, const void* context) {
    auto& self = *static_cast<ZooKeeperProbe*>(const_cast<void*>(context));
    self.rc_ = rc;
    self.done_ = true;
  };
  done_ = changed_ = false;
  return answered(zoo_awexists(handle_, path.c_str(), changed, this, done, this));
}

bool ZooKeeperProbe::wait_until_gone(std::chrono::seconds limit) {
  return turn_until(changed_, limit);
}

}  // namespace stellwerk::bench
