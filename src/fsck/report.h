/// An examination in words: plain text for people, JSON for programs. Pure.
#pragma once

#include <string>

#include "fsck/examination.h"

namespace stellwerk::fsck {

struct ReportOptions {
  bool jobs = false;  ///< a line for each job
};

/// What became of a repair, or would.
struct RepairReport {
  bool done = false;
  std::vector<std::string> actions;
  std::string error;                   ///< why it was not done, or cannot be; empty: it can
  std::vector<std::string> leftovers;  ///< what could not be tidied up
};

std::string report_text(const Examination& examination, const ReportOptions& options);
std::string repair_text(const RepairReport& repair);
/// One JSON object and a newline. Without a repair `repair` is null there.
std::string report_json(const Examination& examination, const ReportOptions& options,
                        const std::optional<RepairReport>& repair);

}  // namespace stellwerk::fsck
