#include "simulation/cluster/sim_jobs.h"

#include "base/assert.h"
#include "model/job_spec_reader.h"

namespace stellwerk::test {
namespace {

// Vertices are called by their place: "v0", "v1".
constexpr const char* kSpecs[] = {
    R"({"name":"service","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":2}],
        "restart-strategy":{"type":"fixed-delay","attempts":1000000,"delay":"100 ms"}})",
    R"({"name":"short","vertices":[{"name":"v0","command":["sim","finish","500"]}],
        "restart-strategy":{"type":"fixed-delay","attempts":1000000,"delay":"100 ms"}})",
    R"({"name":"pipe","vertices":[{"name":"v0","command":["sim","finish","3000"],"parallelism":2},
        {"name":"v1","command":["sim","finish","3000"],"inputs":[{"from":"v0"}]}],
        "restart-strategy":{"type":"fixed-delay","attempts":1000000,"delay":"200 ms"}})",
    R"({"name":"steps","vertices":[{"name":"v0","command":["sim","finish","300"],"parallelism":2},
        {"name":"v1","command":["sim","finish","900"],"inputs":[{"from":"v0","exchange":"blocking"}]}],
        "restart-strategy":{"type":"fixed-delay","attempts":1000000,"delay":"100 ms"}})",
    R"({"name":"failing","vertices":[{"name":"v0","command":["sim","fail","100"]}],
        "restart-strategy":{"type":"fixed-delay","attempts":3,"delay":"200 ms"}})",
    R"({"name":"flaky","vertices":[{"name":"v0","command":["sim","flaky","400"],"parallelism":2},
        {"name":"v1","command":["sim","finish","700"],"parallelism":2,"inputs":[{"from":"v0"}]}],
        "restart-strategy":{"type":"fixed-delay","attempts":1000000,"delay":"50 ms"}})",
    R"({"name":"peers","vertices":[{"name":"v0","command":["sim","finish","200"],"parallelism":2},
        {"name":"v1","command":["sim","finish","200"],"inputs":[{"from":"v0"}],"ports":["in"]}],
        "restart-strategy":{"type":"fixed-delay","attempts":1000000,"delay":"50 ms"}})",
    R"({"name":"once","at-most-one":true,"vertices":[{"name":"v0","command":["sim","forever"],"parallelism":2}],
        "restart-strategy":{"type":"fixed-delay","attempts":1000000,"delay":"100 ms"}})",
    R"({"name":"counting","vertices":[{"name":"v0","command":["sim","forever"],"parallelism":2},
        {"name":"v1","command":["sim","slow"],"inputs":[{"from":"v0"}]},{"name":"v2","command":["sim","finish","4000"]}],
        "checkpointing":{"interval":"300 ms","timeout":"5 s","num-retained":2},
        "restart-strategy":{"type":"fixed-delay","attempts":1000000,"delay":"100 ms"}})",
    R"({"name":"mute","vertices":[{"name":"v0","command":["sim","mute"]},
        {"name":"v1","command":["sim","forever"],"parallelism":2}],
        "checkpointing":{"interval":"500 ms","timeout":"1 s","min-pause":"100 ms"},
        "restart-strategy":{"type":"fixed-delay","attempts":1000000,"delay":"100 ms"}})",
    R"({"name":"picky","vertices":[{"name":"v0","command":["sim","picky"],"parallelism":2},
        {"name":"v1","command":["sim","flaky","700"],"inputs":[{"from":"v0"}]}],
        "checkpointing":{"interval":"200 ms","timeout":"2 s"},
        "restart-strategy":{"type":"fixed-delay","attempts":1000000,"delay":"50 ms"}})",
    R"({"name":"deaf","vertices":[{"name":"v0","command":["sim","deaf","1500"]}]})",
};
constexpr std::size_t kSpecCount = std::size(kSpecs);

}  // namespace

jobs::SubmitJob job_of_spec(const std::string& id, const std::string& spec) {
  const auto read = model::read_job_spec(spec, DocKind::json);
  STELLWERK_ASSERT(read.has_value(), "the simulation's own specs are sound");
  return {*JobId::parse(id), read->canonical, read->sha256, read->spec.name, model::total_tasks(read->spec)};
}

jobs::SubmitJob sim_job(const std::string& id) {
  const char digit = id.back();
  const std::size_t which = static_cast<std::size_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10) % kSpecCount;
  return job_of_spec(id, kSpecs[which]);
}

}  // namespace stellwerk::test
