#include "simulation/cluster/sim_script.h"

#include <algorithm>

namespace stellwerk::test {

std::string SimScript::complaints() const {
  std::string out;
  for (auto each = complaints_.rbegin(); each != complaints_.rend(); ++each) {
    if (out.size() + each->size() + 1 > worker::kErrorTailBytesMax) break;
    out = out.empty() ? *each : *each + "\n" + out;
  }
  return out;
}

SimScript::Step SimScript::step() {
  if (acts_.empty()) return {.exit = worker::TaskExit{}};
  const std::string act = acts_.front();
  const auto blank = std::min(act.find(' '), act.size());
  const std::string name = act.substr(0, blank);
  const std::string what = act.substr(std::min(blank + 1, act.size()));
  if (name == "wait" || (name == "echo" && heard_.empty())) return {.waits = true};
  if (name == "echo" && heard_.front() != "end") {
    Step said{.line = std::move(heard_.front())};
    heard_.pop_front();
    return said;
  }
  acts_.pop_front();
  if (name == "say") return {.line = what};
  if (name == "exit") return {.exit = worker::TaskExit{std::stoi(what), 0, complaints()}};
  if (name == "die") return {.exit = worker::TaskExit{0, std::stoi(what), complaints()}};
  if (name == "complain") complaints_.push_back(what);
  if (name == "ignore") ignored_.insert(std::stoi(what));
  if (name == "leave") ++children_;
  if (name == "echo") heard_.pop_front();
  return {};
}

}  // namespace stellwerk::test
