#include "master/takeover.h"

#include "base/json.h"

namespace stellwerk::master {

std::string encode_takeover(std::int64_t epoch, const TakeoverRecord& record) {
  const auto& times = record.times;
  const auto since = [&](const std::optional<Time>& at) -> json::value {
    if (!at || !times.noticed) return nullptr;
    return std::chrono::duration_cast<std::chrono::microseconds>(*at - *times.noticed).count();
  };
  json::object out{{"v", 1},
                   {"epoch", epoch},
                   {"leader", record.leader},
                   {"id", record.id},
                   {"from", record.from},
                   {"at", record.at},
                   {"lock-us", since(times.lock)},
                   {"claimed-us", since(times.claimed)},
                   {"complete-us", since(times.complete)},
                   {"first-write-us", since(times.first_write)}};
  return canonical_json(out);
}

}  // namespace stellwerk::master
