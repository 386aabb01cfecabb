#include "text/option_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

namespace pgfeed {
namespace {

template <typename Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::optional<std::uint64_t> parse_size(const std::string& text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const std::string_view unit = digits == std::string::npos ? std::string_view() : std::string_view(text).substr(digits);
  constexpr std::array<std::string_view, 4> units{"", "k", "M", "G"};
  for (std::size_t i = 0; i < units.size(); ++i) {
    const bool is_unit = unit == units[i] || (i > 0 && unit == std::string(units[i] == "k" ? "K" : units[i]) + "iB");
    std::uint64_t number = 0;
    if (!is_unit || !parse_whole(std::string_view(text).substr(0, digits), number) || number == 0) continue;
    const std::uint64_t factor = std::uint64_t{1} << (10 * i);
    if (number > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
    return number * factor;
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_duration(const std::string& text) {
  struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
  };
  constexpr std::array<Unit, 5> kUnits{{{"", 1'000}, {"s", 1'000}, {"ms", 1}, {"min", 60'000}, {"h", 3'600'000}}};
  constexpr std::int64_t kLongest = 24 * 3'600'000;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto unit = std::ranges::find(kUnits, std::string_view(text).substr(digits), &Unit::name);
  std::int64_t number = 0;
  if (unit == kUnits.end() || !parse_whole(std::string_view(text).substr(0, digits), number) ||
      number > kLongest / unit->milliseconds)
    return std::nullopt;
  return std::chrono::milliseconds(number * unit->milliseconds);
}

std::optional<std::int64_t> parse_count(const std::string& text, std::int64_t least) {
  std::int64_t number = 0;
  if (!parse_whole(std::string_view(text), number) || number < least) return std::nullopt;
  return number;
}

std::optional<double> parse_percent(const std::string& text) {
  std::string_view number = text;
  if (number.ends_with('%')) number.remove_suffix(1);
  double percent = 0;
  if (!parse_whole(number, percent) || !(percent > 0 && percent <= 100)) return std::nullopt;
  return percent;
}

std::optional<RejectLimit> parse_reject_limit(const std::string& text) {
  RejectLimit limit;
  if (text.ends_with('%')) {
    if (text == "0%") return limit;
    limit.percent = parse_percent(text);
    return limit.percent ? std::optional(limit) : std::nullopt;
  }
  if (!parse_whole(std::string_view(text), limit.documents) || limit.documents < 0) return std::nullopt;
  return limit;
}

}  // namespace pgfeed
