#include "load/run_workers.hpp"

#include <thread>
#include <vector>

#include "load/cancellation.hpp"

namespace pgfeed {

void run_workers(LoadState& state, int connections, const std::function<void(int)>& work) {
  const std::jthread canceller = cancel_when_stopped(state);  // outlives the workers
  std::vector<std::jthread> threads;
  for (int number = 1; number <= connections; ++number) {
    threads.emplace_back([&state, &work, number] {
      try {
        work(number);
      } catch (...) {
        state.fail(std::current_exception());
      }
    });
  }
}

}  // namespace pgfeed
