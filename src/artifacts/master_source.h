/// Artifacts from masters: GET /artifacts/<sha256> on their ports for workers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "http/client.h"
#include "storage/worker_pool.h"
#include "worker/artifact_fetch.h"
#include "worker/artifacts.h"

namespace stellwerk::artifacts {

/// For whom a client is made that is to be given to a MasterSource.
http::ClientOptions master_source_options();

/// On the executor, which is the loop of `client`; both outlive it.
class MasterSource : public worker::ArtifactSource {
 public:
  /// Of one master, for all of an artifact.
  static constexpr std::chrono::milliseconds kAnswerMax{60'000};

  MasterSource(Executor& executor, http::Client& client) : executor_(executor), client_(client) {}
  ~MasterSource() override { *alive_ = false; }

  /// "host:port" each, the leader's first.
  void know(std::vector<std::string> masters) { masters_ = std::move(masters); }

  void fetch(const model::ArtifactRef& artifact, Done done) override;

 private:
  struct Fetch;

  void go_on(const std::shared_ptr<Fetch>& fetch);
  void ask(const std::shared_ptr<Fetch>& fetch, const std::string& master);
  void look_at(const std::shared_ptr<Fetch>& fetch, std::string bytes);
  void settle(const std::shared_ptr<Fetch>& fetch, worker::ArtifactFetch::Answer answer);

  Executor& executor_;
  http::Client& client_;
  std::vector<std::string> masters_;
  /// On the executor: calls back that come when this is gone find false.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  storage::WorkerPool thread_{1};
};

}  // namespace stellwerk::artifacts
