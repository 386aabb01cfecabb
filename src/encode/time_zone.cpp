#include "encode/time_zone.hpp"

#include <pgfeed/error.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "encode/ascii.hpp"
#include "encode/moment.hpp"
#include "encode/posix_zone.hpp"
#include "encode/time_scan.hpp"

namespace pgfeed {
namespace {

constexpr std::int64_t kCycleYears = 400;  // after which the Gregorian calendar repeats, weekdays included
constexpr std::int64_t kCycleSeconds = 146'097 * kSecondsPerDay;
constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kTypeBytes = 6;

}  // namespace

// Big-endian numbers of a file, every read within its bounds.
class ZoneBytes {
 public:
  ZoneBytes(std::string_view bytes, const std::string& name) : rest_(bytes), name_(name) {}

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) refuse();
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::uint64_t take_unsigned(std::size_t width) {
    std::uint64_t number = 0;
    for (const char c : take(width)) number = number << 8 | static_cast<unsigned char>(c);
    return number;
  }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
  [[noreturn]] void refuse() const {
    throw Error(ErrorKind::mapping, "the file of the time zone \"" + name_ + "\" is not in the form of RFC 8536");
  }

 private:
  std::string_view rest_;
  const std::string& name_;
};

struct ZoneHeader {
  char version = 0;
  std::size_t is_universal = 0, is_standard = 0, leaps = 0, transitions = 0, types = 0, letters = 0;

  [[nodiscard]] std::size_t body_bytes(std::size_t time_bytes) const noexcept {
    return transitions * (time_bytes + 1) + types * kTypeBytes + letters + leaps * (time_bytes + 4) + is_standard +
           is_universal;
  }
};

namespace {

ZoneHeader take_header(ZoneBytes& bytes) {
  ZoneHeader header;
  if (bytes.rest().size() < kHeaderBytes || bytes.take(4) != "TZif") bytes.refuse();
  header.version = bytes.take(1).front();
  bytes.take(15);
  for (std::size_t* count :
       {&header.is_universal, &header.is_standard, &header.leaps, &header.transitions, &header.types, &header.letters}) {
    *count = bytes.take_unsigned(4);
  }
  return header;
}

bool is_zone_name(std::string_view name) noexcept {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '+' || c == '/'; };
  return !name.empty() && name.front() != '/' && std::ranges::all_of(name, allowed);
}

std::string read_zone_file(const std::string& name) {
  const char* folder = std::getenv("TZDIR");
  const std::filesystem::path path = std::filesystem::path(folder != nullptr ? folder : "/usr/share/zoneinfo") / name;
  std::error_code ignored;
  std::ifstream file;
  if (is_zone_name(name) && std::filesystem::is_regular_file(path, ignored)) file.open(path, std::ios::binary);
  if (!file.is_open()) throw Error(ErrorKind::mapping, "there is no time zone \"" + name + "\"");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::int64_t year_of(std::int64_t seconds) noexcept { return 1970 + seconds / (kCycleSeconds / kCycleYears); }

}  // namespace

TimeZone TimeZone::named(const std::string& name) {
  if (equals_word(name, "utc") || equals_word(name, "gmt")) return TimeZone(0);
  std::int32_t offset = 0;
  TimeScan scan(name);
  if (scan.take_offset(offset) && scan.done()) return TimeZone(offset);
  return from_file(read_zone_file(name), name);
}

TimeZone TimeZone::from_file(std::string_view file, const std::string& name) {
  ZoneBytes bytes(file, name);
  const ZoneHeader narrow = take_header(bytes);
  if (narrow.version < '2') bytes.refuse();
  bytes.take(narrow.body_bytes(4));
  const ZoneHeader header = take_header(bytes);
  if (header.types == 0 || header.leaps != 0) bytes.refuse();
  if (header.body_bytes(8) > bytes.rest().size()) bytes.refuse();

  TimeZone zone(0);
  zone.take_transitions(bytes, header);
  bytes.take(header.body_bytes(8) - header.transitions * 9 - header.types * kTypeBytes);
  std::string_view footer = bytes.rest();
  if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') bytes.refuse();
  footer = footer.substr(1, footer.size() - 2);
  if (footer.empty()) return zone;
  const std::optional<PosixZone> rule = read_posix_zone(footer);
  if (!rule) bytes.refuse();
  zone.extend(*rule);
  return zone;
}

void TimeZone::take_transitions(ZoneBytes& bytes, const ZoneHeader& header) {
  for (std::size_t i = 0; i < header.transitions; ++i) {
    transitions_.push_back(static_cast<std::int64_t>(bytes.take_unsigned(8)));
  }
  if (!std::ranges::is_sorted(transitions_)) bytes.refuse();
  const std::string_view type_of = bytes.take(header.transitions);
  std::vector<std::int32_t> offsets;
  for (std::size_t i = 0; i < header.types; ++i) {
    offsets.push_back(static_cast<std::int32_t>(bytes.take_unsigned(4)));
    if (std::abs(std::int64_t{offsets.back()}) >= 2 * kSecondsPerDay) bytes.refuse();
    bytes.take(kTypeBytes - 4);  // whether it is summer time, and its name
  }
  offsets_[0] = offsets[0];
  for (const char type : type_of) {
    const auto which = static_cast<std::size_t>(static_cast<unsigned char>(type));
    if (which >= offsets.size()) bytes.refuse();
    offsets_.push_back(offsets[which]);
  }
}

void TimeZone::extend(const PosixZone& rule) {
  if (!rule.has_summer) return;
  repeats_ = true;
  const std::int64_t known = transitions_.empty() ? 0 : transitions_.back();
  const std::int64_t first_year = year_of(known);
  std::vector<std::pair<std::int64_t, std::int32_t>> later;
  for (std::int64_t year = first_year; year <= first_year + kCycleYears + 1; ++year) {
    later.emplace_back(rule.start_of_summer(year), rule.summer);
    later.emplace_back(rule.end_of_summer(year), rule.standard);
  }
  std::ranges::sort(later);
  for (const auto& [time, offset] : later) {
    if (!transitions_.empty() && time <= known) continue;
    transitions_.push_back(time);
    offsets_.push_back(offset);
  }
}

std::int32_t TimeZone::offset_at_local(std::int64_t local) const noexcept {
  if (transitions_.empty()) return offsets_.front();
  // Two days short of the last transition there is a next one for every time that is looked up.
  const std::int64_t covered = transitions_.back() - 2 * kSecondsPerDay;
  if (repeats_ && local > covered) local -= ((local - covered) / kCycleSeconds + 1) * kCycleSeconds;

  const auto next = std::ranges::upper_bound(transitions_, local - kSecondsPerDay);
  const auto place = static_cast<std::size_t>(next - transitions_.begin());
  const std::int32_t before = offsets_[place];
  if (next == transitions_.end()) return before;
  const std::int32_t after = offsets_[place + 1];
  const std::int64_t as_before = local - before;
  const std::int64_t as_after = local - after;
  if (as_before < *next && as_after < *next) return before;
  if (as_before > *next && as_after >= *next) return after;
  return as_before > as_after ? before : after;
}

}  // namespace pgfeed
