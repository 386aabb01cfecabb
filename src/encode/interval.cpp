#include "encode/encoders.hpp"
#include "encode/field.hpp"
#include "encode/interval_reader.hpp"

namespace pgfeed {
namespace {

// timestamp.h: INTERVAL_PRECISION, INTERVAL_RANGE and the bits of the fields (datetime.h).
constexpr std::int32_t kFullPrecision = 0xffff;
constexpr std::int32_t kFullRange = 0x7fff;
constexpr std::int32_t kMonthBit = 1 << 1;
constexpr std::int32_t kYearBit = 1 << 2;
constexpr std::int32_t kDayBit = 1 << 3;
constexpr std::int32_t kHourBit = 1 << 10;
constexpr std::int32_t kMinuteBit = 1 << 11;
constexpr std::int32_t kSecondBit = 1 << 12;

constexpr std::int64_t kEveryMicro = 1;
constexpr std::int64_t kNoTime = 0;

// What interval(p) and `interval day to minute` keep. The server would drop the rest in silence.
struct Kept {
  bool months = true;  // false: whole years only
  bool days = true;
  std::int64_t step = kEveryMicro;  // of the time, in microseconds; kNoTime: none is kept
};

Kept kept_by(std::int32_t modifier) {
  Kept kept;
  if (modifier < 0) return kept;
  const std::int32_t precision = modifier & 0xffff;
  const std::int32_t range = modifier >> 16 & 0x7fff;
  if (precision != kFullPrecision) {
    for (std::int32_t digits = precision; digits < 6; ++digits) kept.step *= 10;
  }
  if (range == kFullRange || (range & kSecondBit) != 0) return kept;
  kept.step = (range & kMinuteBit) != 0 ? kMicrosPerMinute : (range & kHourBit) != 0 ? kMicrosPerHour : kNoTime;
  kept.days = (range & (kDayBit | kHourBit | kMinuteBit)) != 0;
  kept.months = kept.days || (range & kMonthBit) != 0 || (range & kYearBit) == 0;
  return kept;
}

class IntervalEncoder final : public Encoder {
 public:
  explicit IntervalEncoder(std::int32_t modifier) : kept_(kept_by(modifier)) {}

  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    if (value.kind != ValueKind::string) return EncodeStatus::wrong_kind;
    Interval interval;
    const EncodeStatus status = read_interval(value.text(), interval);
    if (status != EncodeStatus::ok) return status;
    if (loses(interval)) return EncodeStatus::inexact;
    OpenField field(out);
    out.put_int(interval.micros);
    out.put_int(interval.days);
    out.put_int(interval.months);
    field.close();
    return EncodeStatus::ok;
  }

 private:
  [[nodiscard]] bool loses(const Interval& interval) const noexcept {
    const bool time_lost = kept_.step == kNoTime ? interval.micros != 0 : interval.micros % kept_.step != 0;
    return time_lost || (!kept_.days && interval.days != 0) || (!kept_.months && interval.months % 12 != 0);
  }

  Kept kept_;
};

}  // namespace

EncoderHandle make_interval_encoder(std::int32_t modifier) { return std::make_unique<IntervalEncoder>(modifier); }

}  // namespace pgfeed
