/// Files that the jobs of simulated clusters bring along: a few contents, so that they meet.
#pragma once

#include <string>

#include "jobs/changes.h"

namespace stellwerk::test {

inline constexpr int kSimFiles = 3;

jobs::AddBundle sim_upload(const std::string& uuid, int which, bool once);
/// A job that needs that file, run from that upload.
jobs::SubmitJob sim_upload_job(const std::string& id, const std::string& uuid, int which);

}  // namespace stellwerk::test
