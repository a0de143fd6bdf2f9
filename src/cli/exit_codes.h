/// What the command line's exit codes mean; docs/cli.md promises them to scripts.
#pragma once

namespace stellwerk::cli {

inline constexpr int kExitDone = 0;
/// Wrong arguments, files or configuration; nothing was asked of a master.
inline constexpr int kExitUsage = 1;
/// No master leads, none answers, or the storage is full (507). What was asked for certainly did not happen.
inline constexpr int kExitNoLeader = 2;
/// What was asked for may or may not have happened.
inline constexpr int kExitUnknown = 3;
/// A master refused it (4xx), for good.
inline constexpr int kExitRefused = 4;
/// The job that an attached `run` waited for failed.
inline constexpr int kExitJobFailed = 5;
/// It was cancelled.
inline constexpr int kExitJobCanceled = 6;
/// Of `drill`: a promise was broken, or something did not come back.
inline constexpr int kExitDrillFailed = 7;
/// Ctrl-C, as shells count it; of an attached `run` also SIGTERM. A job that was submitted goes on.
inline constexpr int kExitInterrupted = 130;
/// Whoever read the results closed the pipe, as `head` does: what SIGPIPE would have ended, as shells count it.
inline constexpr int kExitPipeClosed = 141;

}  // namespace stellwerk::cli
