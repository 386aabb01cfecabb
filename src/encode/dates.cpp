#include <pgfeed/error.hpp>

#include <limits>
#include <utility>

#include "encode/encoders.hpp"
#include "encode/field.hpp"
#include "encode/time_reader.hpp"
#include "encode/time_zone.hpp"

namespace pgfeed {
namespace {

using Reader = std::unique_ptr<const TimeReader>;

// PostgreSQL's limits (datatype/timestamp.h): the first Julian day, the ends of dates and of timestamps.
constexpr std::int64_t kFirstDay = -2'451'545;
constexpr std::int64_t kEndOfDates = 2'147'483'494 + kFirstDay;
constexpr std::int64_t kEndOfTimestampDays = 109'203'528 + kFirstDay;

constexpr int kMicroDigits = 6;

// The smallest step that timestamp(p) and time(p) keep, in microseconds.
std::int64_t step_of(std::int32_t modifier) {
  std::int64_t step = 1;
  for (std::int32_t digits = modifier; digits >= 0 && digits < kMicroDigits; ++digits) step *= 10;
  return step;
}

class DateEncoder final : public Encoder {
 public:
  // `only_date`: a time or a zone beside the date is refused. With a format, the mapping asked to pass over them.
  DateEncoder(Reader reader, bool only_date) : reader_(std::move(reader)), only_date_(only_date) {}

  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    Moment moment;
    const EncodeStatus status = reader_->read(value, moment);
    if (status != EncodeStatus::ok) return status;
    using Limits = std::numeric_limits<std::int32_t>;
    if (moment.infinity != Moment::Infinity::no) {
      put_integer_field(out, moment.infinity == Moment::Infinity::positive ? Limits::max() : Limits::min());
      return EncodeStatus::ok;
    }
    if (only_date_ && (moment.micros != 0 || moment.zone != Moment::Zone::none)) return EncodeStatus::inexact;
    if (moment.days < kFirstDay || moment.days >= kEndOfDates) return EncodeStatus::out_of_range;
    put_integer_field(out, static_cast<std::int32_t>(moment.days));
    return EncodeStatus::ok;
  }

 private:
  Reader reader_;
  bool only_date_;
};

class TimeEncoder final : public Encoder {
 public:
  TimeEncoder(Reader reader, std::int32_t modifier) : reader_(std::move(reader)), step_(step_of(modifier)) {}

  EncodeStatus encode(const Value& value, ByteBuffer& out) const override {
    Moment moment;
    const EncodeStatus status = reader_->read(value, moment);
    if (status != EncodeStatus::ok) return status;
    if (moment.micros > kMicrosPerDay) return EncodeStatus::out_of_range;
    if (moment.zone != Moment::Zone::none || moment.micros % step_ != 0) return EncodeStatus::inexact;
    put_integer_field(out, moment.micros);
    return EncodeStatus::ok;
  }

 private:
  Reader reader_;
  std::int64_t step_;
};

// timestamp and timestamptz, which travel in the same form; the second in UTC.
class TimestampEncoder : public Encoder {
 public:
  TimestampEncoder(Reader reader, std::int32_t modifier) : reader_(std::move(reader)), step_(step_of(modifier)) {}

  EncodeStatus encode(const Value& value, ByteBuffer& out) const final {
    Moment moment;
    EncodeStatus status = reader_->read(value, moment);
    if (status != EncodeStatus::ok) return status;
    using Limits = std::numeric_limits<std::int64_t>;
    if (moment.infinity != Moment::Infinity::no) {
      put_integer_field(out, moment.infinity == Moment::Infinity::positive ? Limits::max() : Limits::min());
      return EncodeStatus::ok;
    }
    // Before the multiplication, which could overflow; a day more on both sides, for the offset.
    if (moment.days < kFirstDay - 1 || moment.days > kEndOfTimestampDays) return EncodeStatus::out_of_range;
    std::int64_t offset = 0;
    status = offset_of(moment, offset);
    if (status != EncodeStatus::ok) return status;
    const std::int64_t micros = moment.days * kMicrosPerDay + moment.micros - offset * kMicrosPerSecond;
    if (micros < kFirstDay * kMicrosPerDay || micros >= kEndOfTimestampDays * kMicrosPerDay)
      return EncodeStatus::out_of_range;
    if (step_ != 1 && micros % step_ != 0) return EncodeStatus::inexact;
    put_integer_field(out, micros);
    return EncodeStatus::ok;
  }

 private:
  // Seconds to take off the clock's time.
  virtual EncodeStatus offset_of(const Moment& moment, std::int64_t& offset) const noexcept = 0;

  Reader reader_;
  std::int64_t step_;
};

class PlainTimestampEncoder final : public TimestampEncoder {
 public:
  using TimestampEncoder::TimestampEncoder;

 private:
  EncodeStatus offset_of(const Moment& moment, std::int64_t& offset) const noexcept override {
    offset = 0;
    return moment.zone == Moment::Zone::written ? EncodeStatus::inexact : EncodeStatus::ok;
  }
};

class ZonedTimestampEncoder final : public TimestampEncoder {
 public:
  ZonedTimestampEncoder(Reader reader, std::int32_t modifier, TimeZone zone)
      : TimestampEncoder(std::move(reader), modifier), zone_(std::move(zone)) {}

 private:
  EncodeStatus offset_of(const Moment& moment, std::int64_t& offset) const noexcept override {
    offset = moment.offset;
    if (moment.zone == Moment::Zone::none) {
      const std::int64_t local = (moment.days + kEpochDays) * kSecondsPerDay + moment.micros / kMicrosPerSecond;
      offset = zone_.offset_at_local(local);
    }
    return EncodeStatus::ok;
  }

  TimeZone zone_;
};

Reader make_reader(const std::string& format, bool time_only) {
  if (format.empty()) return make_iso_reader(time_only);
  const bool epoch = format == "epoch_s" || format == "epoch_ms" || format == "epoch_us";
  if (!epoch) return make_format_reader(format, time_only);
  if (time_only) throw Error(ErrorKind::mapping, "the time format " + format + " has no time of day");
  return make_epoch_reader(format == "epoch_s" ? 0 : format == "epoch_ms" ? 3 : 6);
}

}  // namespace

EncoderHandle make_time_encoder(const PgType& type, const EncodeOptions& options) {
  Reader reader = make_reader(options.time_format, type.kind == TypeKind::time);
  switch (type.kind) {
    case TypeKind::date: return std::make_unique<DateEncoder>(std::move(reader), options.time_format.empty());
    case TypeKind::time: return std::make_unique<TimeEncoder>(std::move(reader), type.modifier);
    case TypeKind::timestamp: return std::make_unique<PlainTimestampEncoder>(std::move(reader), type.modifier);
    default: break;
  }
  return std::make_unique<ZonedTimestampEncoder>(std::move(reader), type.modifier, TimeZone::named(options.timezone));
}

}  // namespace pgfeed
