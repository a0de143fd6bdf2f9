/// Control groups in memory, with the rules of the system's that matter here: controllers are handed on only from a
/// group without processes, a group has the files of the controllers that the one above hands on, and one that has
/// processes stays.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <sstream>

#include "tasks/cgroup_files.h"

namespace stellwerk::test {

class FakeCgroupFiles : public tasks::CgroupFiles {
 public:
  struct Group {
    std::set<std::string> controllers;
    std::set<std::string> handed_on;
    std::set<std::int64_t> processes;
    std::map<std::string, std::string> values;
  };

  /// One group, with what it may hand on and who is in it.
  FakeCgroupFiles(const std::string& path, std::set<std::string> controllers, std::set<std::int64_t> processes) {
    groups[path] = {std::move(controllers), {}, std::move(processes), {}};
  }

  Result<void> make(const std::string& group) override {
    if (read_only || groups.count(group) != 0) return make_error(Errc::failed, "Permission denied");
    groups[group].controllers = groups.at(parent(group)).handed_on;
    return {};
  }

  bool remove(const std::string& group) override {
    const auto at = groups.find(group);
    if (at == groups.end() || !at->second.processes.empty() || !below(group).empty()) return false;
    groups.erase(at);
    return true;
  }

  Result<void> write(const std::string& file, const std::string& text) override {
    const auto at = groups.find(parent(file));
    const std::string name = file.substr(file.rfind('/') + 1);
    if (at == groups.end()) return make_error(Errc::failed, "No such file or directory");
    Group& group = at->second;
    if (name == "cgroup.procs") return move(group, text == "0" ? self : std::stoll(text));
    if (name == "cgroup.subtree_control") return hand_on(group, text);
    if (name == "cgroup.kill" && no_such.count(name) == 0) return kill_all(at->first);
    if (name == "cgroup.freeze") return {};
    if (name.find("cgroup.") == 0 || no_such.count(name) != 0 ||
        group.controllers.count(name.substr(0, name.find('.'))) == 0)
      return make_error(Errc::failed, "No such file or directory");
    group.values[name] = text;
    return {};
  }

  std::optional<std::string> read(const std::string& file) const override {
    const auto at = groups.find(parent(file));
    if (at == groups.end()) return std::nullopt;
    const std::string name = file.substr(file.rfind('/') + 1);
    if (name == "cgroup.controllers") return joined(at->second.controllers);
    if (name == "cgroup.subtree_control") return joined(at->second.handed_on);
    if (name == "cgroup.procs") return joined(at->second.processes);
    if (name == "cgroup.events") return std::string("populated ") + (populated(at->first) ? "1\n" : "0\n");
    const auto value = at->second.values.find(name);
    return value == at->second.values.end() ? std::nullopt : std::optional(value->second);
  }

  std::vector<std::string> below(const std::string& group) const override {
    std::vector<std::string> out;
    for (const auto& [path, each] : groups)
      if (path != group && parent(path) == group) out.push_back(path.substr(group.size() + 1));
    return out;
  }

  void kill(const std::string& group) override {
    std::erase_if(groups.at(group).processes, [this](std::int64_t pid) { return undying.count(pid) == 0; });
  }

  std::map<std::string, Group> groups;
  std::int64_t self = 100;
  bool read_only = false;
  std::set<std::string> no_such;   ///< files that this host has not
  std::set<std::int64_t> undying;  ///< the kernel holds them

 private:
  static std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

  template <class Set>
  static std::string joined(const Set& set) {
    std::ostringstream out;
    for (const auto& each : set) out << each << '\n';
    return out.str();
  }

  bool populated(const std::string& group) const {
    for (const auto& [path, each] : groups)
      if ((path == group || path.find(group + "/") == 0) && !each.processes.empty()) return true;
    return false;
  }

  Result<void> kill_all(const std::string& group) {
    for (const auto& [path, each] : groups)
      if (path == group || path.find(group + "/") == 0) kill(path);
    return {};
  }

  Result<void> move(Group& to, std::int64_t pid) {
    if (!to.handed_on.empty()) return make_error(Errc::refused, "Device or resource busy");
    for (auto& [path, group] : groups) group.processes.erase(pid);
    to.processes.insert(pid);
    return {};
  }

  static Result<void> hand_on(Group& group, const std::string& text) {
    if (!group.processes.empty()) return make_error(Errc::refused, "Device or resource busy");
    std::istringstream words(text);
    for (std::string word; words >> word;) group.handed_on.insert(word.substr(1));
    return {};
  }
};

}  // namespace stellwerk::test
