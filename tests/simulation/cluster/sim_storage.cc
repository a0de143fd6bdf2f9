#include "simulation/cluster/sim_storage.h"

#include <memory>

namespace stellwerk::test {

namespace {

/// A call that hangs looks so often whether it is over.
constexpr Duration kHangLook = std::chrono::milliseconds(50);

}  // namespace

PutOutcome SimDisk::put(const std::string& name, const std::string& bytes, WallMs now) {
  const auto [it, fresh] = files_.emplace(name, File{bytes, now});
  if (fresh) return PutOutcome::ok;
  return it->second.bytes == bytes ? PutOutcome::ok : PutOutcome::exists;
}

void SimDisk::damage(const std::string& name, std::size_t at) {
  auto& bytes = files_.at(name).bytes;
  if (!bytes.empty()) bytes[at % bytes.size()] = static_cast<char>(bytes[at % bytes.size()] ^ 0x10);
}

void SimDisk::tear(const std::string& name, std::size_t bytes) {
  files_.at(name).bytes.resize(bytes);
}

Duration SimBlobClient::delay() {
  const auto span = (faults_.delay_max - faults_.delay_min).count();
  return faults_.delay_min +
         Duration(span > 0 ? static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(span)) : 0);
}

void SimBlobClient::at_disk(std::function<void()> effect, std::function<void()> done) {
  if (faults_.hangs) {
    executor_.after(kHangLook, [this, effect = std::move(effect), done = std::move(done)]() mutable {
      at_disk(std::move(effect), std::move(done));
    });
    return;
  }
  // The answer travels on the process' own loop: a killed process never hears it.
  const Time effect_at = time_.now() + delay();
  executor_.at(effect_at + delay(), std::move(done));
  time_.at(effect_at, std::move(effect));
}

void SimBlobClient::put(std::string name, std::function<std::string()> make, Handler<PutResult> done) {
  auto result = std::make_shared<PutResult>();
  auto bytes = std::make_shared<std::string>(make());
  const auto answer = [result, done] { done(*result); };
  if (faults_.full) {
    *result = {PutOutcome::not_done, make_error(Errc::no_space, "the disk is full")};
    at_disk([] {}, answer);
    return;
  }
  if (faults_.broken || chance(faults_.not_done) || chance(faults_.unavailable)) {
    *result = {PutOutcome::not_done, make_error(Errc::unavailable, "the mount is gone")};
    at_disk([] {}, answer);
    return;
  }
  const Error lost = make_error(Errc::unknown, "the answer was lost");
  if (chance(faults_.unknown_never)) {
    *result = {PutOutcome::unknown, lost};
    at_disk([] {}, answer);
    return;
  }
  const auto effect = [&disk = disk_, &time = time_, name, bytes, result](bool answered) {
    const PutOutcome outcome = disk.put(name, *bytes, time.wall_ms());
    if (answered)
      *result = {outcome, outcome == PutOutcome::ok ? Error{} : make_error(Errc::conflict, name + " exists")};
  };
  if (chance(faults_.unknown_late)) {
    *result = {PutOutcome::unknown, lost};
    time_.at(time_.now() + faults_.late, [effect] { effect(false); });
    at_disk([] {}, answer);
    return;
  }
  if (chance(faults_.unknown_done)) {
    *result = {PutOutcome::unknown, lost};
    at_disk([effect] { effect(false); }, answer);
    return;
  }
  at_disk([effect] { effect(true); }, answer);
}

void SimBlobClient::get(std::string name, Handler<Result<std::string>> done) {
  auto result = std::make_shared<Result<std::string>>(make_error(Errc::unavailable, "the mount is gone"));
  const bool fails = faults_.broken || chance(faults_.unavailable);
  at_disk(
      [&disk = disk_, name, result, fails] {
        if (fails) return;
        const auto it = disk.files().find(name);
        if (it == disk.files().end())
          *result = make_error(Errc::not_found, name + " is not there");
        else
          *result = it->second.bytes;
      },
      [result, done] { done(std::move(*result)); });
}

void SimBlobClient::list(std::string prefix, Handler<Result<std::vector<BlobInfo>>> done) {
  auto result = std::make_shared<Result<std::vector<BlobInfo>>>(make_error(Errc::unavailable, "the mount is gone"));
  const bool fails = faults_.broken || chance(faults_.unavailable);
  at_disk(
      [&disk = disk_, prefix, result, fails] {
        if (fails) return;
        std::vector<BlobInfo> infos;
        for (const auto& [name, file] : disk.files())
          if (name.starts_with(prefix)) infos.push_back({name, file.bytes.size(), file.modified_ms});
        *result = std::move(infos);
      },
      [result, done] { done(std::move(*result)); });
}

void SimBlobClient::remove(std::string name, Handler<Result<void>> done) {
  const bool fails = faults_.broken || chance(faults_.unavailable);
  at_disk(
      [&disk = disk_, name, fails] {
        if (fails) return;
        disk.remove(name);
        disk.note_removed(name);
      },
      [fails, done] {
        if (fails)
          done(make_error(Errc::unavailable, "the mount is gone"));
        else
          done(Result<void>{});
      });
}

void SimBlobClient::probe(Handler<Result<void>> done) {
  const bool broken = faults_.broken;
  const bool full = faults_.full;
  at_disk([] {},
          [broken, full, done] {
            if (broken)
              done(make_error(Errc::unavailable, "the mount is gone"));
            else if (full)
              done(make_error(Errc::no_space, "the disk is full"));
            else
              done(Result<void>{});
          });
}

void SimBlobClient::run(std::function<void()> work, std::function<void()> done) {
  work();
  executor_.after(delay(), std::move(done));
}

}  // namespace stellwerk::test
