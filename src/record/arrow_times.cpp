#include "record/arrow_columns.hpp"
#include "record/clock_text.hpp"
#include "record/json_writer.hpp"

namespace pgfeed {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kSecond = 1;
constexpr std::int64_t kMilli = 1000;
constexpr std::int64_t kMicro = 1'000'000;
constexpr std::int64_t kNano = kNanosPerSecond;

// What lies between `"` and `"` is written by `write`.
template <class Write>
void put_quoted(PaddedBytes& out, Write write) {
  put_written(kLongestClockText, out, [&write](char* at) {
    *at++ = '"';
    at = write(at);
    *at++ = '"';
    return at;
  });
}

void put_date(std::int64_t days, PaddedBytes& out) {
  put_quoted(out, [days](char* at) {
    const CalendarDay day = calendar_day(days);
    return put_era(day, put_day(day, at));
  });
}

template <std::int64_t kUnits>
void put_timestamp(std::int64_t count, bool zoned, PaddedBytes& out) {
  put_quoted(out, [count, zoned](char* at) {
    const std::int64_t seconds = floor_division(count, kUnits);
    const CalendarDay day = calendar_day(floor_division(seconds, kSecondsPerDay));
    at = put_day(day, at);
    *at++ = 'T';
    at = put_clock(floor_remainder(seconds, kSecondsPerDay), at);
    at = put_fraction(floor_remainder(count, kUnits) * (kNano / kUnits), at);
    if (zoned) *at++ = 'Z';
    return put_era(day, at);
  });
}

class DateColumn final : public ArrowColumn {
  void bind_values(const ArrowArray& array) override { days_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override {
    put_date(arrow_element<std::int32_t>(days_, place), out);
  }

  const void* days_ = nullptr;
};

/// Dates in milliseconds. One that is not a whole day, which Arrow forbids, is written with its time.
class MilliDateColumn final : public ArrowColumn {
  void bind_values(const ArrowArray& array) override { millis_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override {
    constexpr std::int64_t kMillisPerDay = kSecondsPerDay * kMilli;
    const auto millis = arrow_element<std::int64_t>(millis_, place);
    if (millis % kMillisPerDay == 0) return put_date(millis / kMillisPerDay, out);
    put_timestamp<kMilli>(millis, false, out);
  }

  const void* millis_ = nullptr;
};

/// Times of day. One below zero, which Arrow forbids, is written with a minus sign; one beyond a day with its hours.
template <class Stored, std::int64_t kUnits>
class TimeColumn final : public ArrowColumn {
  void bind_values(const ArrowArray& array) override { values_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override {
    const std::int64_t count = arrow_element<Stored>(values_, place);
    const std::int64_t sign = count < 0 ? -1 : 1;
    put_quoted(out, [count, sign](char* at) {
      if (sign < 0) *at++ = '-';
      at = put_clock(count / kUnits * sign, at);
      return put_fraction(count % kUnits * sign * (kNano / kUnits), at);
    });
  }

  const void* values_ = nullptr;
};

template <std::int64_t kUnits>
class TimestampColumn final : public ArrowColumn {
 public:
  explicit TimestampColumn(bool zoned) : zoned_(zoned) {}

 private:
  void bind_values(const ArrowArray& array) override { values_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override {
    put_timestamp<kUnits>(arrow_element<std::int64_t>(values_, place), zoned_, out);
  }

  const void* values_ = nullptr;
  bool zoned_;
};

ArrowColumnHandle make_timestamp(char unit, bool zoned) {
  switch (unit) {
    case 's': return std::make_unique<TimestampColumn<kSecond>>(zoned);
    case 'm': return std::make_unique<TimestampColumn<kMilli>>(zoned);
    case 'u': return std::make_unique<TimestampColumn<kMicro>>(zoned);
    case 'n': return std::make_unique<TimestampColumn<kNano>>(zoned);
    default: return nullptr;
  }
}

}  // namespace

ArrowColumnHandle make_arrow_time(std::string_view format) {
  if (format == "tdD") return std::make_unique<DateColumn>();
  if (format == "tdm") return std::make_unique<MilliDateColumn>();
  if (format == "tts") return std::make_unique<TimeColumn<std::int32_t, kSecond>>();
  if (format == "ttm") return std::make_unique<TimeColumn<std::int32_t, kMilli>>();
  if (format == "ttu") return std::make_unique<TimeColumn<std::int64_t, kMicro>>();
  if (format == "ttn") return std::make_unique<TimeColumn<std::int64_t, kNano>>();
  if (!format.starts_with("ts") || format.size() < 4 || format[3] != ':') return nullptr;
  return make_timestamp(format[2], format.size() > 4);
}

}  // namespace pgfeed
