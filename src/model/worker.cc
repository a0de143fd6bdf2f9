#include "model/worker.h"

#include <algorithm>

namespace stellwerk::model {

bool is_label(std::string_view text) noexcept {
  constexpr std::string_view kOthers = "-_./:=";
  return !text.empty() && text.size() <= kLabelBytesMax && std::all_of(text.begin(), text.end(), [=](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

}  // namespace stellwerk::model
