/// What a worker's host and its own process use now.
#pragma once

#include <cstdint>
#include <string>

#include "model/worker.h"

namespace stellwerk::app {

/// Looks into /proc (or what stands for it), which takes microseconds and no disk. What cannot be read is 0.
model::WorkerLoad measure_load(std::int64_t processors, const std::string& proc = "/proc");

}  // namespace stellwerk::app
