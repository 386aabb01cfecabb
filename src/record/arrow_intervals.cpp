#include <charconv>
#include <limits>

#include "record/arrow_columns.hpp"
#include "record/clock_text.hpp"
#include "record/json_writer.hpp"

namespace pgfeed {
namespace {

constexpr std::int64_t kMilli = 1000;
constexpr std::int64_t kMicro = 1'000'000;
constexpr std::int64_t kNano = kNanosPerSecond;

/// Months, days and time, which PostgreSQL too does not turn into one another.
struct Interval {
  std::int32_t months = 0;
  std::int32_t days = 0;
  std::int64_t units = 0;
};

char* put_signed(std::int64_t number, char designator, char* at) noexcept {
  constexpr std::ptrdiff_t kLongest = std::numeric_limits<std::int64_t>::digits10 + 2;
  at = std::to_chars(at, at + kLongest, number).ptr;
  *at++ = designator;
  return at;
}

// The seconds of an ISO 8601 duration: `-1.5S`.
template <std::int64_t kUnits>
char* put_seconds(std::int64_t units, char* at) noexcept {
  const std::int64_t sign = units < 0 ? -1 : 1;
  const std::int64_t nanos = units % kUnits * sign * (kNano / kUnits);
  if (sign < 0 && units / kUnits == 0) *at++ = '-';
  at = put_signed(units / kUnits, 'S', at);
  if (nanos == 0) return at;
  at = put_fraction(nanos, at - 1);
  *at++ = 'S';
  return at;
}

// An ISO 8601 duration with a sign for each part, as PostgreSQL's `intervalstyle` iso_8601 has it: `P14M-3DT-0.000004S`.
template <std::int64_t kUnits>
void put_interval(const Interval& interval, PaddedBytes& out) {
  put_written(kLongestClockText, out, [&interval](char* at) {
    *at++ = '"';
    *at++ = 'P';
    if (interval.months != 0) at = put_signed(interval.months, 'M', at);
    if (interval.days != 0) at = put_signed(interval.days, 'D', at);
    if (interval.units != 0 || (interval.months == 0 && interval.days == 0)) {
      *at++ = 'T';
      at = put_seconds<kUnits>(interval.units, at);
    }
    *at++ = '"';
    return at;
  });
}

template <std::int64_t kUnits>
class DurationColumn final : public ArrowColumn {
  void bind_values(const ArrowArray& array) override { values_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override {
    put_interval<kUnits>({0, 0, arrow_element<std::int64_t>(values_, place)}, out);
  }

  const void* values_ = nullptr;
};

class MonthColumn final : public ArrowColumn {
  void bind_values(const ArrowArray& array) override { values_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override {
    put_interval<kMicro>({arrow_element<std::int32_t>(values_, place), 0, 0}, out);
  }

  const void* values_ = nullptr;
};

class DayTimeColumn final : public ArrowColumn {
  struct DayTime {
    std::int32_t days;
    std::int32_t millis;
  };

  void bind_values(const ArrowArray& array) override { values_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override {
    const auto value = arrow_element<DayTime>(values_, place);
    put_interval<kMilli>({0, value.days, value.millis}, out);
  }

  const void* values_ = nullptr;
};

class MonthDayNanoColumn final : public ArrowColumn {
  void bind_values(const ArrowArray& array) override { values_ = array.buffers[1]; }
  void write(std::int64_t place, PaddedBytes& out) const override {
    static_assert(sizeof(Interval) == 16);  // laid out as Arrow has it
    put_interval<kNano>(arrow_element<Interval>(values_, place), out);
  }

  const void* values_ = nullptr;
};

}  // namespace

ArrowColumnHandle make_arrow_interval(std::string_view format) {
  if (format == "tDs") return std::make_unique<DurationColumn<1>>();
  if (format == "tDm") return std::make_unique<DurationColumn<kMilli>>();
  if (format == "tDu") return std::make_unique<DurationColumn<kMicro>>();
  if (format == "tDn") return std::make_unique<DurationColumn<kNano>>();
  if (format == "tiM") return std::make_unique<MonthColumn>();
  if (format == "tiD") return std::make_unique<DayTimeColumn>();
  if (format == "tin") return std::make_unique<MonthDayNanoColumn>();
  return nullptr;
}

}  // namespace pgfeed
