/// The link port in memory: for tests, and for what runs in one process.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/executor.h"
#include "link/link.h"

namespace stellwerk::link {

/// A network of its own. Messages take a turn of the executor and pass through their text. On that executor; the
/// links may live longer than this.
class MemoryLinks : public Dialer {
 public:
  using OnLink = std::function<void(std::unique_ptr<Link>)>;

  explicit MemoryLinks(Executor& executor) : executor_(executor) {}

  /// Whoever dials `address` from now on is given to `on_link`.
  void listen(const std::string& address, OnLink on_link) { doors_[address] = std::move(on_link); }
  /// Links that exist stay.
  void stop_listening(const std::string& address) { doors_.erase(address); }

  void dial(const std::string& address, Done done) override;

 private:
  Executor& executor_;
  std::map<std::string, OnLink> doors_;
  int dialled_ = 0;
};

}  // namespace stellwerk::link
