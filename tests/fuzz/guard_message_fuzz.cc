/// Any bytes as what a master or a worker tells its guard, and as what a master answers a worker's guard.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "guard/guard.h"
#include "guard/word.h"

namespace {

namespace guard = stellwerk::guard;
namespace worker_mode = stellwerk::guard::worker_mode;

void told_by_master(std::string_view bytes) {
  const auto message = guard::decode(bytes);
  if (!message) return;
  const auto again = guard::decode(guard::encode(*message));
  if (!again || *again != *message) __builtin_trap();
  guard::Guard core({});
  core.step({}, guard::event::Told{*message});
  core.step({}, guard::event::MasterDied{});
}

void told_by_worker(std::string_view bytes) {
  const auto message = worker_mode::decode(bytes);
  if (!message) return;
  const auto again = worker_mode::decode(worker_mode::encode(*message));
  if (!again || *again != *message) __builtin_trap();
  worker_mode::WorkerGuard core({});
  core.step({}, worker_mode::event::Told{*message});
  core.step({}, worker_mode::event::WorkerDied{});
  core.step({}, worker_mode::event::TasksEnded{true, false, {}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  told_by_master(bytes);
  told_by_worker(bytes);
  if (!worker_mode::read_reply(bytes, true)) __builtin_trap();
  worker_mode::read_reply(bytes, false);
  return 0;
}
