#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "record/record_batch.hpp"

namespace pgfeed {

/// A record on its way into a batch: its bytes, and where they come from.
struct Incoming {
  std::string_view text;    ///< DocumentReader::kPadding readable bytes follow
  std::string_view source;  ///< URI
  std::uint64_t offset = 0;
  std::int64_t line = -1;  ///< -1: not counted yet
  RecordFault fault = RecordFault::none;
  std::uint64_t source_size = 0;
};

}  // namespace pgfeed
