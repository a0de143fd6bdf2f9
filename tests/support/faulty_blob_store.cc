#include "support/faulty_blob_store.h"

#include <utility>

namespace stellwerk::test {
namespace {

constexpr unsigned kPerMille = 1000;

Error injected(Errc code, const char* what) {
  return make_error(code, std::string("injected fault: ") + what);
}

bool fails_reads(Fault fault) {
  return fault == Fault::refused || fault == Fault::lost_request || fault == Fault::lost_reply || fault == Fault::late;
}

}  // namespace

void FaultyBlobStore::next(std::initializer_list<Fault> faults) {
  const std::lock_guard lock(mutex_);
  script_.insert(script_.end(), faults);
}

void FaultyBlobStore::set_rates(std::uint64_t seed, FaultRates rates) {
  const std::lock_guard lock(mutex_);
  random_state_ = seed;
  rates_ = rates;
}

void FaultyBlobStore::crash() {
  const std::lock_guard lock(mutex_);
  late_.clear();
  for (const auto& name : std::exchange(unsynced_, {})) (void)inner_.remove(name);
}

/// splitmix64.
std::uint64_t FaultyBlobStore::random() {
  std::uint64_t z = (random_state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Fault FaultyBlobStore::begin_call() {
  const std::lock_guard lock(mutex_);
  for (const auto& happen : std::exchange(late_, {})) happen();
  if (!script_.empty()) {
    const Fault fault = script_.front();
    script_.pop_front();
    return fault;
  }
  const std::pair<Fault, unsigned> rates[] = {{Fault::refused, rates_.refused},
                                              {Fault::full, rates_.full},
                                              {Fault::lost_request, rates_.lost_request},
                                              {Fault::lost_reply, rates_.lost_reply},
                                              {Fault::late, rates_.late}};
  std::uint64_t dice = random() % kPerMille;
  for (const auto& [fault, rate] : rates) {
    if (dice < rate) return fault;
    dice -= rate;
  }
  return Fault::none;
}

PutResult FaultyBlobStore::put(std::string_view name, std::string_view bytes) {
  const PutResult unknown{PutOutcome::unknown, injected(Errc::unknown, "the outcome of the put is unknown")};
  switch (begin_call()) {
    case Fault::none: return inner_.put(name, bytes);
    case Fault::refused: return {PutOutcome::not_done, injected(Errc::unavailable, "the put was refused")};
    case Fault::full: return {PutOutcome::not_done, injected(Errc::no_space, "the store is full")};
    case Fault::lost_request: return unknown;
    case Fault::lost_reply: inner_.put(name, bytes); return unknown;
    case Fault::torn: inner_.put(name, bytes.substr(0, bytes.size() / 2)); return unknown;
    case Fault::late: {
      const std::lock_guard lock(mutex_);
      late_.emplace_back([this, n = std::string(name), b = std::string(bytes)] { inner_.put(n, b); });
      return unknown;
    }
    case Fault::unsynced: {
      const PutResult result = inner_.put(name, bytes);
      const std::lock_guard lock(mutex_);
      if (result.outcome == PutOutcome::ok) unsynced_.emplace_back(name);
      return result;
    }
  }
  return unknown;
}

Result<std::string> FaultyBlobStore::cut_if(bool torn, Result<std::string> bytes) {
  if (torn && bytes) bytes->resize(bytes->size() / 2);
  return bytes;
}

Result<std::string> FaultyBlobStore::get(std::string_view name) {
  const Fault fault = begin_call();
  if (fails_reads(fault)) return injected(Errc::unavailable, "the get failed");
  return cut_if(fault == Fault::torn, inner_.get(name));
}

Result<std::string> FaultyBlobStore::get_range(std::string_view name, std::uint64_t offset, std::uint64_t bytes) {
  const Fault fault = begin_call();
  if (fails_reads(fault)) return injected(Errc::unavailable, "the get failed");
  return cut_if(fault == Fault::torn, inner_.get_range(name, offset, bytes));
}

Result<std::vector<BlobInfo>> FaultyBlobStore::list(std::string_view prefix) {
  if (fails_reads(begin_call())) return injected(Errc::unavailable, "the list failed");
  return inner_.list(prefix);
}

Result<void> FaultyBlobStore::remove(std::string_view name) {
  const Error unknown = injected(Errc::unknown, "the outcome of the remove is unknown");
  switch (begin_call()) {
    case Fault::refused: return injected(Errc::unavailable, "the remove was refused");
    case Fault::lost_request: return unknown;
    case Fault::lost_reply: (void)inner_.remove(name); return unknown;
    case Fault::late: {
      const std::lock_guard lock(mutex_);
      late_.emplace_back([this, n = std::string(name)] { (void)inner_.remove(n); });
      return unknown;
    }
    default: return inner_.remove(name);
  }
}

Result<void> FaultyBlobStore::probe() {
  const Fault fault = begin_call();
  if (fault == Fault::full) return injected(Errc::no_space, "the store is full");
  if (fails_reads(fault)) return injected(Errc::unavailable, "the probe failed");
  return inner_.probe();
}

}  // namespace stellwerk::test
