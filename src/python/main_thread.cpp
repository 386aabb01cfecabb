#include "python/main_thread.hpp"

#include <nanobind/nanobind.h>
#include <pgfeed/error.hpp>

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace nb = nanobind;

namespace pgfeed::python {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{50};

}  // namespace

void MainThread::run(const std::function<void(std::stop_token)>& work) {
  const nb::gil_scoped_release released;
  std::exception_ptr failed;
  {
    const std::jthread engine([&] {
      try {
        work(stop_.get_token());
      } catch (...) {
        failed = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      is_done_ = true;
      changed_.notify_all();
    });
    serve();
  }
  if (raised_ != nullptr) {
    const nb::gil_scoped_acquire held;
    std::rethrow_exception(std::exchange(raised_, nullptr));
  }
  if (failed != nullptr) std::rethrow_exception(failed);
}

/// Until the engine has ended, whatever was raised: it has to tidy up.
void MainThread::serve() {
  std::unique_lock lock(mutex_);
  while (!is_done_) {
    changed_.wait_for(lock, kBetweenLooks, [this] { return is_done_ || called_ != nullptr; });
    const std::function<void()>* called = called_;
    std::function<void()> shown = std::exchange(shown_, nullptr);
    lock.unlock();
    call_now([&] {
      if (PyErr_CheckSignals() != 0) nb::raise_python_error();
      if (shown && called == nullptr) shown();
      if (called != nullptr) (*called)();
      shown = nullptr;  // it holds what is Python's
    });
    lock.lock();
    if (called == nullptr) continue;
    called_ = nullptr;
    changed_.notify_all();
  }
}

void MainThread::call_now(const std::function<void()>& call) {
  const nb::gil_scoped_acquire held;
  try {
    call();
  } catch (const nb::python_error& error) {
    const std::lock_guard lock(mutex_);
    if (raised_ == nullptr) raised_ = std::current_exception();
    if (error.matches(PyExc_KeyboardInterrupt)) stop_.request_stop();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (raised_ == nullptr) raised_ = std::current_exception();
  }
}

void MainThread::call(const std::function<void()>& call) {
  std::unique_lock lock(mutex_);
  called_ = &call;
  changed_.notify_all();
  while (called_ != nullptr) changed_.wait_for(lock, kBetweenLooks);
  if (raised_ != nullptr) throw Error(ErrorKind::interrupted, "interrupted");
}

void MainThread::show(std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  shown_ = std::move(call);
}

}  // namespace pgfeed::python
