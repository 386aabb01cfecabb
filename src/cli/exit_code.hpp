#pragma once

#include <pgfeed/error.hpp>

namespace pgfeed {

/// What nothing else explains: out of memory, and faults of the program.
constexpr int kUnexpectedExitCode = 1;

/// The documented exit code of each kind of error (docs/cli.md).
constexpr int exit_code_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::usage: return 2;
    case ErrorKind::mapping: return 3;
    case ErrorKind::source: return 4;
    case ErrorKind::database: return 5;
    case ErrorKind::rejects: return 6;
    case ErrorKind::interrupted: return 130;
  }
  return kUnexpectedExitCode;
}

}  // namespace pgfeed
