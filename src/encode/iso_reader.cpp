#include "encode/time_reader.hpp"
#include "encode/time_scan.hpp"

namespace pgfeed {
namespace {

// The last year that any of PostgreSQL's types has is 5,874,897.
constexpr std::size_t kYearDigits = 7;
constexpr std::size_t kBasicDateDigits = 8;

std::size_t count_digits(std::string_view text) noexcept {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

// `2024-02-29`, or `20240229`.
bool take_date(TimeScan& scan, CivilTime& civil) noexcept {
  const std::size_t digits = count_digits(scan.rest());
  const bool basic = digits == kBasicDateDigits;
  if (!basic && (digits < 4 || digits > kYearDigits)) return false;
  int year = 0;
  if (!scan.take_number(4, basic ? 4 : static_cast<int>(kYearDigits), year)) return false;
  civil.year = year;
  if (basic) return scan.take_two(civil.month) && scan.take_two(civil.day);
  return scan.take('-') && scan.take_two(civil.month) && scan.take('-') && scan.take_two(civil.day);
}

// `12:34`, `12:34:56`, `12:34:56.789`, and each without the colons.
bool take_time(TimeScan& scan, CivilTime& civil, bool& finer) noexcept {
  if (!scan.take_two(civil.hour)) return false;
  const bool colons = scan.take(':');
  if (!scan.take_two(civil.minute)) return false;
  const bool has_second = colons ? scan.take(':') : is_digit(scan.peek());
  if (!has_second) return true;
  if (!scan.take_two(civil.second)) return false;
  if (!scan.take('.') && !scan.take(',')) return true;
  return scan.take_fraction(civil.micro, finer);
}

bool take_zone(TimeScan& scan, Moment& moment) noexcept {
  const char c = scan.peek();
  const bool word = scan.take_word("utc") || scan.take_word("gmt");
  if (!word && c != '+' && c != '-' && c != 'Z' && c != 'z') return true;
  moment.zone = Moment::Zone::written;
  return word || scan.take_offset(moment.offset);
}

bool take_era(TimeScan& scan, CivilTime& civil) noexcept {
  scan.skip_spaces();
  if (scan.take_word("bc")) civil.year = 1 - civil.year;
  return scan.done();
}

bool read_infinity(std::string_view text, Moment& moment) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!equals_word(text, "infinity")) return false;
  moment.infinity = negative ? Moment::Infinity::negative : Moment::Infinity::positive;
  return true;
}

class IsoReader final : public TimeReader {
 public:
  EncodeStatus read(const Value& value, Moment& moment) const override {
    if (value.kind != ValueKind::string) return EncodeStatus::wrong_kind;
    const std::string_view text = trimmed(value.text());
    CivilTime civil;
    bool finer = false;
    TimeScan scan(text);
    if (!take_date(scan, civil)) return read_infinity(text, moment) ? EncodeStatus::ok : EncodeStatus::bad_syntax;
    // There is no year 0: 1 BC is before 1 AD.
    if (civil.year == 0) return EncodeStatus::out_of_range;
    if (!take_rest(scan, civil, moment, finer)) return EncodeStatus::bad_syntax;
    const EncodeStatus status = set_civil(civil, moment);
    return status == EncodeStatus::ok && finer ? EncodeStatus::inexact : status;
  }

 private:
  static bool take_rest(TimeScan& scan, CivilTime& civil, Moment& moment, bool& finer) noexcept {
    if (scan.done()) return true;
    if (scan.take('T') || scan.take('t')) {
      if (!take_time(scan, civil, finer)) return false;
    } else if (is_space(scan.peek())) {
      scan.skip_spaces();
      if (is_digit(scan.peek()) && !take_time(scan, civil, finer)) return false;
    }
    scan.skip_spaces();
    return take_zone(scan, moment) && take_era(scan, civil);
  }
};

class IsoTimeReader final : public TimeReader {
 public:
  EncodeStatus read(const Value& value, Moment& moment) const override {
    if (value.kind != ValueKind::string) return EncodeStatus::wrong_kind;
    TimeScan scan(trimmed(value.text()));
    CivilTime civil;
    bool finer = false;
    if (!scan.take('T')) scan.take('t');
    if (!take_time(scan, civil, finer)) return EncodeStatus::bad_syntax;
    scan.skip_spaces();
    if (!take_zone(scan, moment) || !scan.done()) return EncodeStatus::bad_syntax;
    const EncodeStatus status = set_civil(civil, moment);
    return status == EncodeStatus::ok && finer ? EncodeStatus::inexact : status;
  }
};

}  // namespace

std::unique_ptr<const TimeReader> make_iso_reader(bool time_only) {
  if (time_only) return std::make_unique<IsoTimeReader>();
  return std::make_unique<IsoReader>();
}

}  // namespace pgfeed
