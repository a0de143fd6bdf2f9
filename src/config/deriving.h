/// What the makers of options have in common. Internal to the *_options.cc.
#pragma once

#include <string>
#include <string_view>

#include "config/configuration.h"
#include "config/master_options.h"

namespace stellwerk::config {

class Deriving {
 protected:
  /// Both outlive this.
  Deriving(const Configuration& configuration, Findings& findings)
      : configuration_(configuration), findings_(findings) {}

  HaType ha_type() const;
  LogOptions log_options() const;
  /// `asked`, else loopback for who is `advertised` as local, else all addresses.
  static std::string listen_address(const std::string& asked, std::string_view advertised);
  /// About the value of `key`, at its place.
  void complain(FindingKind kind, std::string_view key, std::string problem);

  const Configuration& configuration_;
  Findings& findings_;
  bool failed_ = false;
};

}  // namespace stellwerk::config
