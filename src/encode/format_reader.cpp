#include <fmt/format.h>
#include <pgfeed/error.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include "encode/time_reader.hpp"
#include "encode/time_scan.hpp"

namespace pgfeed {
namespace {

enum class Step : std::uint8_t {
  literal,
  spaces,
  weekday,
  month_name,
  day,
  padded_day,
  month,
  year,
  short_year,
  hour,
  half_day_hour,
  minute,
  second,
  fraction,
  half,
  day_of_year,
  offset,
  zone_name,
  epoch,
  clock,  // hour:minute:second in one, for speed
  count,  // of the steps
};

struct Op {
  Step step;
  char literal = '\0';
};

// What the steps of a format fill.
struct Fields {
  Moment& moment;
  CivilTime civil{};
  std::int64_t epoch = 0;
  int day_of_year = 0;
  bool afternoon = false;
  bool finer = false;
};

// Three letters and the rest, in lower case.
constexpr std::array<std::string_view, 7> kWeekdays{"sunday",   "monday", "tuesday", "wednesday",
                                                    "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> kMonths{"january", "february", "march",     "april",   "may",      "june",
                                                   "july",    "august",   "september", "october", "november", "december"};
constexpr std::size_t kShortName = 3;

constexpr std::uint32_t packed(char a, char b, char c) noexcept {
  const auto byte = [](char letter) { return static_cast<std::uint32_t>(static_cast<unsigned char>(letter | 0x20)); };
  return byte(a) << 16 | byte(b) << 8 | byte(c);
}

template <std::size_t count>
constexpr std::array<std::uint32_t, count> packed_names(const std::array<std::string_view, count>& names) {
  std::array<std::uint32_t, count> keys{};
  for (std::size_t i = 0; i < count; ++i) keys[i] = packed(names[i][0], names[i][1], names[i][2]);
  return keys;
}

// A name, short or whole, whatever its case. `which` counts from 0.
template <std::size_t count>
bool take_name(TimeScan& scan, const std::array<std::string_view, count>& names,
               const std::array<std::uint32_t, count>& keys, int& which) noexcept {
  const std::string_view rest = scan.rest();
  if (rest.size() < kShortName) return false;
  const std::uint32_t key = packed(rest[0], rest[1], rest[2]);
  std::size_t found = 0;
  while (found < count && keys[found] != key) ++found;
  if (found == count) return false;
  scan.skip(kShortName);
  if (is_letter(scan.peek())) scan.take_word(names[found].substr(kShortName));
  which = static_cast<int>(found);
  return true;
}

bool take_month_name(TimeScan& scan, int& month) noexcept {
  static constexpr auto keys = packed_names(kMonths);
  int which = 0;
  if (!take_name(scan, kMonths, keys, which)) return false;
  month = which + 1;
  return true;
}

bool take_weekday(TimeScan& scan) noexcept {
  static constexpr auto keys = packed_names(kWeekdays);
  int which = 0;
  return take_name(scan, kWeekdays, keys, which);
}

bool take_short_year(TimeScan& scan, std::int64_t& year) noexcept {
  int number = 0;
  if (!scan.take_two(number)) return false;
  year = number + (number >= 69 ? 1900 : 2000);  // as POSIX has it
  return true;
}

bool take_year(TimeScan& scan, std::int64_t& year) noexcept {
  int century = 0;
  int number = 0;
  if (!scan.take_two(century) || !scan.take_two(number)) return false;
  year = century * 100 + number;
  return true;
}

bool take_clock(TimeScan& scan, CivilTime& civil) noexcept {
  return scan.take_one_or_two(civil.hour) && scan.take(':') && scan.take_one_or_two(civil.minute) && scan.take(':') &&
         scan.take_one_or_two(civil.second);
}

bool take_half(TimeScan& scan, bool& afternoon) noexcept {
  afternoon = scan.take_word("pm");
  return afternoon || scan.take_word("am");
}

bool take_epoch(TimeScan& scan, std::int64_t& seconds) noexcept {
  constexpr int kMostDigits = 15;  // their microseconds can be more than 64 bits hold, and are refused below
  const bool negative = scan.take('-');
  int count = 0;
  for (; is_digit(scan.peek()) && count < kMostDigits; ++count, scan.skip(1)) seconds = seconds * 10 + (scan.peek() - '0');
  if (negative) seconds = -seconds;
  return count > 0;
}

bool take_zone_name(TimeScan& scan, Moment& moment) noexcept {
  moment.zone = Moment::Zone::written;
  return scan.take_word("utc") || scan.take_word("gmt") || scan.take_word("z");
}

bool take_step(const Op& op, TimeScan& scan, Fields& fields) noexcept {
  CivilTime& civil = fields.civil;
  switch (op.step) {
    case Step::literal: return scan.take(op.literal);
    case Step::spaces: scan.skip_spaces(); return true;
    case Step::weekday: return take_weekday(scan);
    case Step::month_name: return take_month_name(scan, civil.month);
    case Step::padded_day: scan.take(' '); return scan.take_one_or_two(civil.day);
    case Step::day: return scan.take_one_or_two(civil.day);
    case Step::month: return scan.take_one_or_two(civil.month);
    case Step::year: return take_year(scan, civil.year);
    case Step::short_year: return take_short_year(scan, civil.year);
    case Step::hour:
    case Step::half_day_hour: return scan.take_one_or_two(civil.hour);
    case Step::minute: return scan.take_one_or_two(civil.minute);
    case Step::second: return scan.take_one_or_two(civil.second);
    case Step::fraction: return scan.take_fraction(civil.micro, fields.finer);
    case Step::half: return take_half(scan, fields.afternoon);
    case Step::day_of_year: return scan.take_number(1, 3, fields.day_of_year);
    case Step::offset: fields.moment.zone = Moment::Zone::written; return scan.take_offset(fields.moment.offset);
    case Step::zone_name: return take_zone_name(scan, fields.moment);
    case Step::epoch: return take_epoch(scan, fields.epoch);
    case Step::clock: return take_clock(scan, civil);
    case Step::count: break;
  }
  return false;
}

class FormatReader final : public TimeReader {
 public:
  FormatReader(const std::string& format, bool time_only) {
    compile(format, format);
    check(format, time_only);
    join_clock();
  }

  EncodeStatus read(const Value& value, Moment& moment) const override {
    if (value.kind != ValueKind::string && value.kind != ValueKind::number) return EncodeStatus::wrong_kind;
    TimeScan scan(value.text());
    Fields fields{moment};
    for (const Op& op : ops_) {
      if (!take_step(op, scan, fields)) return EncodeStatus::bad_syntax;
    }
    if (!scan.done()) return EncodeStatus::bad_syntax;
    const EncodeStatus status = has(Step::epoch) ? finish_epoch(fields) : finish_civil(fields);
    return status == EncodeStatus::ok && fields.finer ? EncodeStatus::inexact : status;
  }

 private:
  [[nodiscard]] bool has(Step step) const noexcept { return has_[static_cast<std::size_t>(step)]; }

  void add(Step step, char literal = '\0') {
    ops_.push_back({step, literal});
    has_[static_cast<std::size_t>(step)] = true;
  }

  // A step costs some nanoseconds whatever it does, and nearly every format has these five in a row.
  void join_clock() {
    constexpr std::array<Op, 5> clock{
        {{Step::hour}, {Step::literal, ':'}, {Step::minute}, {Step::literal, ':'}, {Step::second}}};
    const auto same = [](const Op& a, const Op& b) { return a.step == b.step && a.literal == b.literal; };
    const auto found = std::search(ops_.begin(), ops_.end(), clock.begin(), clock.end(), same);
    if (found == ops_.end()) return;
    found->step = Step::clock;
    ops_.erase(found + 1, found + clock.size());
  }

  void compile(std::string_view format, const std::string& whole) {
    for (std::size_t i = 0; i < format.size(); ++i) {
      if (is_space(format[i])) {
        add(Step::spaces);
      } else if (format[i] != '%') {
        add(Step::literal, format[i]);
      } else {
        add_directive(++i < format.size() ? format[i] : '\0', whole);
      }
    }
  }

  void add_directive(char directive, const std::string& whole) {
    switch (directive) {
      case 'a':
      case 'A': return add(Step::weekday);
      case 'b':
      case 'B':
      case 'h': return add(Step::month_name);
      case 'd': return add(Step::day);
      case 'e': return add(Step::padded_day);
      case 'm': return add(Step::month);
      case 'Y': return add(Step::year);
      case 'y': return add(Step::short_year);
      case 'H': return add(Step::hour);
      case 'I': return add(Step::half_day_hour);
      case 'M': return add(Step::minute);
      case 'S': return add(Step::second);
      case 'f': return add(Step::fraction);
      case 'p': return add(Step::half);
      case 'j': return add(Step::day_of_year);
      case 'z': return add(Step::offset);
      case 'Z': return add(Step::zone_name);
      case 's': return add(Step::epoch);
      case 'n':
      case 't': return add(Step::spaces);
      case '%': return add(Step::literal, '%');
      case 'T': return compile("%H:%M:%S", whole);
      case 'D': return compile("%m/%d/%y", whole);
      case 'F': return compile("%Y-%m-%d", whole);
      case 'R': return compile("%H:%M", whole);
      case '\0': throw Error(ErrorKind::mapping, fmt::format("the time format \"{}\" ends with a lone %", whole));
      default:
        throw Error(ErrorKind::mapping,
                    fmt::format("the time format \"{}\" has the unknown directive %{}", whole, directive));
    }
  }

  void check(const std::string& format, bool time_only) const {
    const auto refuse = [&](const char* why) {
      throw Error(ErrorKind::mapping, fmt::format("the time format \"{}\" {}", format, why));
    };
    if (has(Step::half_day_hour) != has(Step::half)) refuse("has only one of %I and %p, which mean something together");
    if (has(Step::hour) && has(Step::half_day_hour)) refuse("has both %H and %I");
    if (has(Step::epoch)) {
      if (time_only) refuse("has no time of day");
      for (const Op& op : ops_) {
        if (op.step > Step::spaces && op.step != Step::epoch && op.step != Step::fraction)
          refuse("has more than %f besides %s");
      }
      return;
    }
    if (time_only) {
      if (!has(Step::hour) && !has(Step::half_day_hour)) refuse("has no hour");
      return;
    }
    const bool month = has(Step::month) || has(Step::month_name);
    const bool day = has(Step::day) || has(Step::padded_day);
    if (!has(Step::year) && !has(Step::short_year)) refuse("has no year");
    if (!has(Step::day_of_year) && !(month && day)) refuse("has no day of a month, nor of the year");
    if (has(Step::day_of_year) && (month || day)) refuse("has both a day of the year and a month or its day");
  }

  static EncodeStatus finish_epoch(Fields& fields) noexcept {
    std::int64_t micros = 0;
    if (__builtin_mul_overflow(fields.epoch, kMicrosPerSecond, &micros) ||
        __builtin_add_overflow(micros, static_cast<std::int64_t>(fields.civil.micro), &micros)) {
      return EncodeStatus::out_of_range;
    }
    set_instant(micros, fields.moment);
    return EncodeStatus::ok;
  }

  EncodeStatus finish_civil(Fields& fields) const noexcept {
    CivilTime& civil = fields.civil;
    if (has(Step::year) && civil.year == 0) return EncodeStatus::out_of_range;
    if (has(Step::half)) {
      if (civil.hour < 1 || civil.hour > 12) return EncodeStatus::out_of_range;
      civil.hour = civil.hour % 12 + (fields.afternoon ? 12 : 0);
    }
    if (!has(Step::day_of_year)) return set_civil(civil, fields.moment);
    if (fields.day_of_year < 1 || fields.day_of_year > (is_leap_year(civil.year) ? 366 : 365))
      return EncodeStatus::out_of_range;
    const EncodeStatus status = set_civil(civil, fields.moment);  // of 1 January
    fields.moment.days += fields.day_of_year - 1;
    return status;
  }

  std::vector<Op> ops_;
  std::array<bool, static_cast<std::size_t>(Step::count)> has_{};
};

}  // namespace

std::unique_ptr<const TimeReader> make_format_reader(const std::string& format, bool time_only) {
  return std::make_unique<FormatReader>(format, time_only);
}

}  // namespace pgfeed
