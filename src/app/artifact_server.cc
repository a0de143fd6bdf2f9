#include "app/artifact_server.h"

#include <utility>

#include "model/bundle.h"

namespace stellwerk::app {
namespace {

constexpr unsigned kNotFound = 404;
constexpr unsigned kNoWebSocket = 426;
constexpr unsigned kLater = 503;

}  // namespace

std::size_t ArtifactServer::served() {
  std::erase_if(sending_, [](const auto& each) { return each.second.expired(); });
  return sending_.size() + reading_.size();
}

void ArtifactServer::serve(const websocket::Get& get, Answer answer) {
  const std::string_view target = get.target;
  if (!target.starts_with(kArtifactTarget))
    return answer(
        {kNoWebSocket, nullptr, "This port is for the workers of Stellwerk; people and programs use the REST port"});
  const std::string sha256(target.substr(kArtifactTarget.size()));
  if (!model::is_artifact_hash(sha256))
    return answer(
        {kNotFound, nullptr, "An artifact is " + std::string(kArtifactTarget) + "<SHA-256, 64 digits in lower case>"});
  const auto view = view_();
  const auto record = view && view->state ? view->state->artifacts().find(sha256) : nullptr;
  if (!record) return answer({kNotFound, nullptr, "This master knows of no artifact " + sha256});
  const std::size_t others = served();
  const auto at = sending_.find(sha256);
  const bool shared = at != sending_.end() || reading_.contains(sha256);
  if (*downloads_ >= downloads_max_ || (!shared && others >= kArtifactsServedMax))
    return answer({kLater, nullptr, "Too many artifacts are being fetched here; try again, or another master"});
  // Counted until the answer is sent, or nobody wants it any more.
  ++*downloads_;
  const std::shared_ptr<void> place(nullptr, [downloads = downloads_](void*) { --*downloads; });
  Answer counted = [answer = std::move(answer), place](websocket::GetAnswer given) {
    if (given.file)
      given.file =
          std::shared_ptr<const std::string>(given.file.get(), [file = given.file, place](const std::string*) {});
    answer(std::move(given));
  };
  if (at != sending_.end()) return counted({200, at->second.lock(), {}});
  const bool first = !reading_.contains(sha256);
  reading_[sha256].waiting.push_back(std::move(counted));
  if (first) read(sha256, record->file);
}

void ArtifactServer::read(const std::string& sha256, const std::string& file) {
  storage_.get(file, [this, sha256](Result<std::string> bytes) {
    const Reading reading = std::move(reading_.extract(sha256).mapped());
    websocket::GetAnswer given;
    if (bytes.has_value()) {
      given.file = std::make_shared<const std::string>(std::move(*bytes));
      sending_[sha256] = given.file;
    } else {
      given.status = bytes.error().code == Errc::not_found ? kNotFound : kLater;
      given.text = "The artifact cannot be read: " + bytes.error().text;
    }
    for (const Answer& answer : reading.waiting) answer(given);
  });
}

}  // namespace stellwerk::app
