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

void wait_for_signals(const std::stop_source& source, const LoadOptions& options) {
  const sigset_t signals = stopping_signals();
  int received = 0;
  sigwait(&signals, &received);
  // What the request calls may wait for a server that does not answer. It is not waited for here.
  std::thread([stop = source]() mutable { stop.request_stop(); }).detach();
  constexpr timespec kPatience{1, 700'000'000};
  const bool again = sigtimedwait(&signals, nullptr, &kPatience) > 0;
  const char* why = again ? "interrupted twice, so the server was not waited for; " : "";
  const char* keys = options.dry_run || options.publish == Publish::atomic
                         ? ""
                         : "; keys that were not made yet are left to the next load (pgfeed.pending_keys)";
  std::fprintf(stderr, "pgfeed: %s%s%s\n", why, interrupted_sentence(options), keys);
  _exit(exit_code_of(ErrorKind::interrupted));
}

}  // namespace

SignalStop::SignalStop(const LoadOptions& options) {
  const sigset_t signals = stopping_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(wait_for_signals, source_, options).detach();  // ends with the process
}

SignalStop::~SignalStop() = default;

}  // namespace pgfeed
