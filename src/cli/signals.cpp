#include "cli/signals.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>
#include <utility>

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

void wait_for_signals(const std::stop_source& source, const std::string& last_words) {
  const sigset_t signals = stopping_signals();
  int received = 0;
  sigwait(&signals, &received);
  // What the request calls may wait for a server that does not answer. It is not waited for here.
  std::thread([stop = source]() mutable { stop.request_stop(); }).detach();
  constexpr timespec kPatience{1, 700'000'000};
  const bool again = sigtimedwait(&signals, nullptr, &kPatience) > 0;
  const char* why = again ? "interrupted twice, so the server was not waited for; " : "";
  std::fprintf(stderr, "pgfeed: %s%s\n", why, last_words.c_str());
  _exit(exit_code_of(ErrorKind::interrupted));
}

}  // namespace

SignalStop::SignalStop(std::string last_words) {
  const sigset_t signals = stopping_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(wait_for_signals, source_, std::move(last_words)).detach();  // ends with the process
}

SignalStop::~SignalStop() = default;

}  // namespace pgfeed
