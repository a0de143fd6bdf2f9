/// Threads that must not run the handlers of this process' signals.
#pragma once

#include <pthread.h>

#include <csignal>

namespace stellwerk {

/// While it lives, the calling thread takes no signal; threads that it makes meanwhile never do. Signals
/// belong to the loop's thread.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace stellwerk
