/// Artifacts that a test put somewhere: the port's twin without a network or a disk of its own.
#pragma once

#include <map>
#include <string>

#include "base/executor.h"
#include "worker/artifacts.h"

namespace stellwerk::test {

class MemoryArtifacts : public worker::Artifacts {
 public:
  explicit MemoryArtifacts(Executor& executor) : executor_(executor) {}

  void put(const model::ArtifactRef& artifact, const std::string& folder) { folders_[artifact.sha256] = folder; }
  /// How many are taken and not given back.
  int uses() const { return uses_; }

  void take(const model::ArtifactRef& artifact, Done done) override {
    const auto at = folders_.find(artifact.sha256);
    Result<std::string> answer = make_error(Errc::not_found, "no master has " + artifact.name);
    if (at != folders_.end()) answer = at->second;
    if (answer.has_value()) ++uses_;
    executor_.post([done = std::move(done), answer] { done(answer); });
  }
  void release(const model::ArtifactRef&) override { --uses_; }

 private:
  Executor& executor_;
  std::map<std::string, std::string> folders_;  ///< by hash
  int uses_ = 0;
};

}  // namespace stellwerk::test
