/// Hands out stamps: no two writes of the head by any process ever carry the same one.
#pragma once

#include <string>

#include "model/head.h"

namespace stellwerk::master {

class Stamps {
 public:
  /// `process` is the guid of this process.
  explicit Stamps(std::string process) : process_(std::move(process)) {}
  model::Stamp next() { return {process_, ++counter_}; }

 private:
  std::string process_;
  std::int64_t counter_ = 0;
};

}  // namespace stellwerk::master
