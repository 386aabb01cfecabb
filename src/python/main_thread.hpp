#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>

namespace pgfeed::python {

/// The caller's thread while the engine works in another: it looks for signals, so that Ctrl-C ends a load, and calls what
/// is Python's, which may mind in which thread it is called (Spark's properties of jobs do).
class MainThread {
 public:
  /// Called with the GIL: releases it, and runs `work` in a thread of its own. Returns, or throws, when that has ended.
  void run(const std::function<void(std::stop_token)>& work);

  /// From the engine's threads: has `call` called in the caller's thread, with the GIL, and waits for its end. What it
  /// throws of Python's own comes out of `run`; here it is an Error(interrupted).
  void call(const std::function<void()>& call);
  /// The same without waiting; what comes before it was called is left out, and so is what it throws.
  void show(std::function<void()> call);

 private:
  void serve();
  void call_now(const std::function<void()>& call);

  std::mutex mutex_;  ///< guards all below
  std::condition_variable changed_;
  const std::function<void()>* called_ = nullptr;
  std::function<void()> shown_;
  bool is_done_ = false;
  std::exception_ptr raised_;  ///< by what was called, or a signal
  std::stop_source stop_;
};

}  // namespace pgfeed::python
