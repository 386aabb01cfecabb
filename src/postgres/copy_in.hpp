#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "postgres/connection.hpp"

namespace pgfeed {

/// One `COPY … FROM STDIN`, from its start to its end.
///
/// A CopyIn that goes out of scope without `finish()` fails the COPY on the server, so an exception
/// between rows can never leave half a COPY behind as if it were whole. Afterwards the connection is
/// ready for the next command; a surrounding transaction is in the failed state.
///
/// Not thread-safe. Must not outlive the connection.
class CopyIn {
 public:
  /// Starts the COPY. `statement` is complete SQL whose identifiers are already quoted.
  /// Throws Error(database) if the server refuses it; then nothing was started.
  CopyIn(Connection& connection, const std::string& statement);
  ~CopyIn();
  CopyIn(const CopyIn&) = delete;
  CopyIn& operator=(const CopyIn&) = delete;

  /// Sends bytes of the COPY stream; they need not end at a row's end. Blocks while the server is
  /// behind. Throws Error(database) if the connection is lost.
  void write(std::string_view bytes);

  /// Ends the COPY and returns the number of rows that the server took.
  /// Throws Error(database) with the server's SQLSTATE if it refused any; then it took none.
  std::int64_t finish();

 private:
  void end(const char* why_failed);

  Connection& connection_;
  bool open_ = false;
};

}  // namespace pgfeed
