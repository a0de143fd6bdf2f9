#include "artifacts/cache.h"

#include <utility>

#include "base/assert.h"

namespace stellwerk::artifacts {

Cache::Cache(Executor& executor, worker::ArtifactSource& source, const ArtifactFolder& folder, CacheOptions options)
    : executor_(executor), source_(source), options_(std::move(options)), folder_(folder) {
  using Kept = Result<std::vector<ArtifactFolder::Kept>>;
  on_disk<Kept>([this] { return folder_.open(); }, [this](const Kept& kept) { opened(kept); });
}

Cache::~Cache() {
  *alive_ = false;
}

template <class Made>
void Cache::on_disk(std::function<Made()> work, std::function<void(Made)> then) {
  thread_.submit([&executor = executor_, alive = alive_, work = std::move(work), then = std::move(then)] {
    executor.post([alive, then, made = work()] {
      if (*alive) then(made);
    });
  });
}

void Cache::opened(const Result<std::vector<ArtifactFolder::Kept>>& kept) {
  open_ = true;
  if (kept.has_error()) {
    note("Cannot look into the cache of artifacts: " + kept.error().text);
  } else {
    for (const auto& each : *kept) {
      Entry& entry = entries_[each.key];
      entry.complete = true;
      entry.bytes = each.bytes;
      entry.used = ++uses_;
      if (!entry.waiting.empty()) give(each.key, entry);
    }
    std::erase_if(wanted_, [this](const model::ArtifactRef& each) { return entries_.at(key_of(each)).complete; });
    keep_limit();
  }
  fetch_more();
}

void Cache::take(const model::ArtifactRef& artifact, Done done) {
  const std::string key = key_of(artifact);
  const auto [at, fresh] = entries_.try_emplace(key);
  at->second.waiting.push_back(std::move(done));
  if (at->second.complete) {
    give(key, at->second);
  } else if (fresh) {
    wanted_.push_back(artifact);
    fetch_more();
  }
}

void Cache::give(const std::string& key, Entry& entry) {
  entry.used = ++uses_;
  thread_.submit([this, key] { folder_.touch(key); });
  for (auto& done : std::exchange(entry.waiting, {})) {
    ++entry.uses;
    executor_.post([alive = alive_, done = std::move(done), path = folder_.path_of(key)] {
      if (*alive) done(path);
    });
  }
}

void Cache::release(const model::ArtifactRef& artifact) {
  const auto at = entries_.find(key_of(artifact));
  STELLWERK_ASSERT(at != entries_.end() && at->second.uses > 0, "what is given back was taken");
  if (--at->second.uses == 0) keep_limit();
}

// ---- fetching ----

void Cache::fetch_more() {
  if (!open_) return;
  while (fetching_ < kFetchesMax && !wanted_.empty()) {
    ++fetching_;
    const model::ArtifactRef artifact = std::move(wanted_.front());
    wanted_.erase(wanted_.begin());
    note("Fetching " + artifact.name + " (" + std::to_string(artifact.size) + " bytes, SHA-256 " + artifact.sha256 +
         ")");
    source_.fetch(artifact, [this, alive = alive_, artifact](Result<std::string> bytes) {
      if (*alive) fetched(artifact, std::move(bytes));
    });
  }
}

void Cache::fetched(const model::ArtifactRef& artifact, Result<std::string> bytes) {
  if (bytes.has_error()) return fail(artifact, bytes.error());
  store(artifact, std::make_shared<const std::string>(std::move(*bytes)), false);
}

void Cache::store(const model::ArtifactRef& artifact, const Bytes& bytes, bool again) {
  using Size = Result<std::uint64_t>;
  on_disk<Size>([this, artifact, bytes] { return folder_.store(artifact, *bytes); },
                [this, artifact, bytes, again](const Size& size) { stored(artifact, bytes, again, size); });
}

void Cache::stored(const model::ArtifactRef& artifact, const Bytes& bytes, bool again,
                   const Result<std::uint64_t>& size) {
  if (size.has_error()) {
    // What nobody uses may be in the way; the thread removes it before it tries once more.
    if (size.error().code == Errc::no_space && !again && evict(0, "its disk is full") > 0)
      return store(artifact, bytes, true);
    return fail(artifact, size.error());
  }
  --fetching_;
  Entry& entry = entries_.at(key_of(artifact));
  entry.complete = true;
  entry.bytes = *size;
  give(key_of(artifact), entry);
  keep_limit();
  fetch_more();
}

/// The next task that wants it begins anew.
void Cache::fail(const model::ArtifactRef& artifact, const Error& error) {
  --fetching_;
  auto node = entries_.extract(key_of(artifact));
  for (auto& done : node.mapped().waiting)
    executor_.post([alive = alive_, done = std::move(done), error] {
      if (*alive) done(error);
    });
  fetch_more();
}

// ---- room ----

std::uint64_t Cache::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [key, entry] : entries_) bytes += entry.bytes;
  return bytes;
}

void Cache::keep_limit() {
  evict(options_.bytes_max, "it has room for " + std::to_string(options_.bytes_max) + " bytes");
}

std::uint64_t Cache::evict(std::uint64_t bytes_max, const std::string& why) {
  std::uint64_t gone = 0;
  for (std::uint64_t have = bytes(); have > bytes_max;) {
    auto oldest = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at)
      if (at->second.complete && at->second.uses == 0 &&
          (oldest == entries_.end() || at->second.used < oldest->second.used))
        oldest = at;
    if (oldest == entries_.end()) break;
    have -= oldest->second.bytes;
    gone += oldest->second.bytes;
    thread_.submit([this, key = oldest->first] { folder_.remove(key); });
    note("Removing artifact " + oldest->first + " from the cache: " + why);
    entries_.erase(oldest);
  }
  return gone;
}

void Cache::note(const std::string& text) const {
  if (options_.note) options_.note(text);
}

}  // namespace stellwerk::artifacts
