/// One callable out of several, for std::visit.
#pragma once

namespace stellwerk {

template <class... Each>
struct Overloaded : Each... {
  using Each::operator()...;
};
// Clang 14 does not deduce it by itself.
template <class... Each>
Overloaded(Each...) -> Overloaded<Each...>;

}  // namespace stellwerk
