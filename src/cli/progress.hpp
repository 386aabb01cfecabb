#pragma once

#include <pgfeed/load.hpp>

#include <chrono>
#include <string>

namespace pgfeed {

enum class ProgressStyle : std::uint8_t { bar, plain, none };

/// `auto`: a bar where standard error is a terminal, else lines. Nothing for an unknown name.
std::optional<ProgressStyle> progress_style(const std::string& name);

/// Shows how a load goes, on standard error: a line that is written over on a terminal, or a line every ten seconds.
class Progress {
 public:
  explicit Progress(ProgressStyle style) : style_(style) {}
  /// Ends the line that was being written over.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const Report& report);

 private:
  ProgressStyle style_;
  bool line_open_ = false;
  double last_shown_ = 0;
};

}  // namespace pgfeed
