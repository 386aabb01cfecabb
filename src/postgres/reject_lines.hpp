#pragma once

#include <fstream>
#include <span>
#include <string>

#include "postgres/reject_table.hpp"

namespace pgfeed {

/// Rejects as the lines of a file, of the same content as those that `export_rejects` writes.
std::string reject_lines(std::span<const RejectRow> rejects);

/// A file for such lines, to which they are written as they come. Not thread-safe.
class RejectLinesFile {
 public:
  /// Overwrites a file that is there. Throws Error(source).
  explicit RejectLinesFile(std::string path);

  /// When it returns, the system has the lines. Throws Error(source).
  void append(const std::string& lines);

 private:
  std::string path_;
  std::ofstream file_;
};

}  // namespace pgfeed
