#include "leadership/deadline.h"

namespace stellwerk::leadership {

void Deadline::contact(Time sent, Duration valid_for) {
  if (sent < valid_from_) return;
  const Duration valid = std::min(valid_for, kValidMax);
  const Time until = sent + valid - margin(valid);
  contact_until_ = contact_until_ ? std::max(*contact_until_, until) : until;
  was_late_ = false;
}

void Deadline::beat(Time now) {
  if (beat_ && now - *beat_ > kLateMax) {
    reset(now);
    was_late_ = true;
  }
  if (!beat_ || now > *beat_) beat_ = now;
}

void Deadline::reset(Time now) {
  valid_from_ = std::max(valid_from_, now);
  contact_until_.reset();
  was_late_ = false;
}

Time Deadline::act_until() const {
  if (!beat_ || !contact_until_) return Time{};
  return std::min(*contact_until_, *beat_ + kLateMax);
}

std::string Deadline::why_not(Time now) const {
  if (acting(now)) return "";
  if (!beat_ || now - *beat_ >= kLateMax) return "the main loop has not turned for over 500 ms";
  if (was_late_) return "the process was stopped for a while and has not heard from the coordination service since";
  if (!contact_until_) return "the coordination service has not confirmed the lock yet";
  return "the coordination service has not answered within the session timeout";
}

}  // namespace stellwerk::leadership
