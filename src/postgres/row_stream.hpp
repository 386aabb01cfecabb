#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "encode/byte_buffer.hpp"
#include "postgres/copy_in.hpp"

namespace pgfeed {

/// One binary COPY of rows that lie somewhere in memory (docs/copy_format.md). Rows that lie one behind the other are
/// sent without being copied together first.
///
/// Like CopyIn, a scope: only `finish` completes it.
class RowStream {
 public:
  RowStream(Connection& connection, const std::string& copy_statement);

  /// Sends a row: its count of fields and its fields. The bytes must stay until the next call.
  void send(std::string_view row);
  /// Sends a row with a field in front of its own: an integer of four bytes.
  void send(std::int32_t first_field, std::string_view row);

  /// Ends the COPY; returns the rows that the server took.
  std::int64_t finish();

 private:
  void flush();

  CopyIn copy_;
  ByteBuffer gathered_;
  std::string_view run_;  ///< rows that lie together and were not sent yet
};

}  // namespace pgfeed
