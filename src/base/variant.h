/// One callable out of several, for std::visit.
#pragma once

namespace stellwerk {

template <class... Each>
struct Overloaded : Each... {
  using Each::operator()...;
};

}  // namespace stellwerk
