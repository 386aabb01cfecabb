#pragma once

#include <pgfeed/load.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace pgfeed {

/// `100`, `64KiB`, `32MiB`, `1GiB` (also `k`, `M`, `G` for these), in bytes. Nothing for anything else, and for 0.
std::optional<std::uint64_t> parse_size(const std::string& text);

/// `30` or `30s`, `500ms`, `5min`, `1h`; 0 is one. Nothing for anything else.
std::optional<std::chrono::milliseconds> parse_duration(const std::string& text);

/// `100` documents or `2.5%` of them. Nothing for anything else, and for more than 100%.
std::optional<RejectLimit> parse_reject_limit(const std::string& text);

/// A whole number from `least` on. Nothing for anything else.
std::optional<std::int64_t> parse_count(const std::string& text, std::int64_t least);

/// `25%` or `25`: above 0, at most 100. Nothing for anything else.
std::optional<double> parse_percent(const std::string& text);

}  // namespace pgfeed
