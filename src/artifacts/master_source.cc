#include "artifacts/master_source.h"

#include <optional>
#include <utility>
#include <variant>

#include "base/sha256.h"

namespace stellwerk::artifacts {

using worker::ArtifactFetch;
using Answer = ArtifactFetch::Answer;

namespace {

constexpr int kOk = 200;
constexpr int kMissing = 404;

/// None: bytes of the right size, whose hash is still to be looked at.
std::optional<Answer> judge(const model::ArtifactRef& wanted, const Result<http::ClientResponse>& response) {
  if (response.has_error()) return Answer{Answer::Kind::later, response.error().text};
  if (response->status == kMissing) return Answer{Answer::Kind::missing, ""};
  if (response->status != kOk) return Answer{Answer::Kind::later, "answers " + std::to_string(response->status)};
  if (const auto size = static_cast<std::int64_t>(response->body.size()); size != wanted.size)
    return Answer{Answer::Kind::wrong,
                  "sent " + std::to_string(size) + " bytes instead of " + std::to_string(wanted.size)};
  return std::nullopt;
}

}  // namespace

struct MasterSource::Fetch {
  model::ArtifactRef artifact;
  ArtifactFetch decide;
  ArtifactFetch::Step step;
  std::string bytes;
  Done done;
};

http::ClientOptions master_source_options() {
  http::ClientOptions options;
  options.body_bytes_max = static_cast<std::size_t>(model::kArtifactBytesMax);
  options.idle_per_endpoint_max = 0;
  return options;
}

void MasterSource::fetch(const model::ArtifactRef& artifact, Done done) {
  const Time now = executor_.now();
  auto fetch = std::make_shared<Fetch>(Fetch{artifact, ArtifactFetch(artifact, now), {}, {}, std::move(done)});
  fetch->step = fetch->decide.begin_round(now, masters_);
  executor_.post([this, alive = alive_, fetch] {
    if (*alive) go_on(fetch);
  });
}

void MasterSource::go_on(const std::shared_ptr<Fetch>& fetch) {
  if (const auto* asks = std::get_if<ArtifactFetch::Ask>(&fetch->step)) return ask(fetch, asks->master);
  if (const auto* pause = std::get_if<ArtifactFetch::Pause>(&fetch->step)) {
    executor_.at(pause->until, [this, alive = alive_, fetch] {
      if (!*alive) return;
      fetch->step = fetch->decide.begin_round(executor_.now(), masters_);
      go_on(fetch);
    });
    return;
  }
  if (const auto* error = std::get_if<Error>(&fetch->step)) return fetch->done(*error);
  fetch->done(std::move(fetch->bytes));
}

void MasterSource::ask(const std::shared_ptr<Fetch>& fetch, const std::string& master) {
  const auto answered = [this, alive = alive_, fetch](Result<http::ClientResponse> response) {
    if (!*alive) return;
    if (auto answer = judge(fetch->artifact, response)) return settle(fetch, std::move(*answer));
    look_at(fetch, std::move(response->body));
  };
  auto endpoint = http::parse_endpoint(master, "the address of a master");
  if (endpoint.has_error()) return executor_.post([answered, error = endpoint.error()] { answered(error); });
  http::ClientRequest request;
  request.target = "/artifacts/" + fetch->artifact.sha256;
  client_.send(*endpoint, std::move(request), answered, kAnswerMax);
}

/// Beside the loop: it takes a tenth of a second of the largest.
void MasterSource::look_at(const std::shared_ptr<Fetch>& fetch, std::string bytes) {
  auto shared = std::make_shared<std::string>(std::move(bytes));
  thread_.submit([this, alive = alive_, &executor = executor_, fetch, shared] {
    executor.post([this, alive, fetch, shared, hash = sha256_hex(*shared)] {
      if (!*alive) return;
      if (hash != fetch->artifact.sha256)
        return settle(fetch, {Answer::Kind::wrong, "sent something else, with SHA-256 " + hash});
      fetch->bytes = std::move(*shared);
      settle(fetch, {Answer::Kind::taken, ""});
    });
  });
}

void MasterSource::settle(const std::shared_ptr<Fetch>& fetch, Answer answer) {
  fetch->step = fetch->decide.answered(executor_.now(), std::move(answer));
  go_on(fetch);
}

}  // namespace stellwerk::artifacts
