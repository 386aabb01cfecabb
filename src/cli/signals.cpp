#include "cli/signals.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

#include "cli/exit_code.hpp"

namespace pgfeed {
namespace {

sigset_t stopping_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

void wait_for_signals(std::stop_source source) {
  const sigset_t signals = stopping_signals();
  int received = 0;
  sigwait(&signals, &received);
  source.request_stop();
  constexpr timespec kPatience{1, 700'000'000};
  sigtimedwait(&signals, nullptr, &kPatience);
  std::fputs("pgfeed: interrupted: splits that were committed stay, the open ones are rolled back by the server\n", stderr);
  _exit(exit_code_of(ErrorKind::interrupted));
}

}  // namespace

SignalStop::SignalStop() {
  const sigset_t signals = stopping_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(wait_for_signals, source_).detach();  // ends with the process
}

SignalStop::~SignalStop() = default;

}  // namespace pgfeed
