#include "leadership/deadline.h"

namespace stellwerk::leadership {

void Deadline::contact(Time sent, Duration valid_for) {
  if (sent < valid_from_) return;
  const Duration valid = std::min(valid_for, kValidMax);
  const Time until = sent + valid - margin(valid);
  contact_until_ = contact_until_ ? std::max(*contact_until_, until) : until;
}

void Deadline::beat(Time now) {
  if (beat_ && now - *beat_ > kLateMax) reset(now);
  if (!beat_ || now > *beat_) beat_ = now;
}

void Deadline::reset(Time now) {
  valid_from_ = std::max(valid_from_, now);
  contact_until_.reset();
}

Time Deadline::act_until() const {
  if (!beat_ || !contact_until_) return Time{};
  return std::min(*contact_until_, *beat_ + kLateMax);
}

}  // namespace stellwerk::leadership
