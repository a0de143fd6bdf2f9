/// The safeguards by name, so that a schedule can be run without one of them: a checker must notice.
#pragma once

#include <string>
#include <vector>

#include "simulation/cluster/chaos.h"

namespace stellwerk::test {

struct SafeguardSwitch {
  std::string name;
  void (*off)(ChaosOptions&);
};

/// Those that random schedules exercise; the others have scenarios (safeguard_scenarios_test.cc) or
/// are the election's own (tests/simulation/election).
const std::vector<SafeguardSwitch>& safeguard_switches();

/// False if there is no such safeguard.
bool switch_off(ChaosOptions& options, const std::string& name);

}  // namespace stellwerk::test
