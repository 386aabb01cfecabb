#include "task/arrow_field.hpp"

#include <simdjson.h>

#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "encode/field.hpp"
#include "encode/moment.hpp"
#include "record/arrow_bytes.hpp"
#include "record/arrow_extension.hpp"
#include "record/value.hpp"

namespace pgfeed {
namespace {

using Field = std::unique_ptr<ArrowField>;

template <class Stored, class Wanted>
class IntegerField final : public ArrowField {
  void bind_values(const ArrowArray& array, std::int64_t) override { values_ = array.buffers[1]; }
  bool write(std::int64_t place, ByteBuffer& out) override {
    const auto number = arrow_element<Stored>(values_, place);
    if (!std::in_range<Wanted>(number)) return false;
    put_integer_field(out, static_cast<Wanted>(number));
    return true;
  }

  const void* values_ = nullptr;
};

/// Floats in their own width: bits as they are. NaN may have others than the server's own, to which they are equal.
template <class Bits>
class FloatField final : public ArrowField {
  void bind_values(const ArrowArray& array, std::int64_t) override { values_ = array.buffers[1]; }
  bool write(std::int64_t place, ByteBuffer& out) override {
    put_integer_field(out, arrow_element<Bits>(values_, place));
    return true;
  }

  const void* values_ = nullptr;
};

class BooleanField final : public ArrowField {
  void bind_values(const ArrowArray& array, std::int64_t) override { bits_ = array.buffers[1]; }
  bool write(std::int64_t place, ByteBuffer& out) override {
    put_integer_field(out, static_cast<std::int8_t>(arrow_bit(bits_, place)));
    return true;
  }

  const void* bits_ = nullptr;
};

/// Days or microseconds since 1970, of the years 1 to 9999: those beyond are written as texts, which know of eras.
template <class Stored>
class TimeField final : public ArrowField {
 public:
  explicit TimeField(std::int64_t units_a_day)
      : first_(days_of(1, 1, 1) * units_a_day),
        end_(days_of(10'000, 1, 1) * units_a_day),
        epoch_(kEpochDays * units_a_day) {}

 private:
  void bind_values(const ArrowArray& array, std::int64_t) override { values_ = array.buffers[1]; }
  bool write(std::int64_t place, ByteBuffer& out) override {
    std::int64_t time = arrow_element<Stored>(values_, place);
    if (time < std::numeric_limits<Stored>::min() + epoch_ && sizeof(Stored) == sizeof time) return false;
    time -= epoch_;
    if (time < first_ || time >= end_) return false;
    put_integer_field(out, static_cast<Stored>(time));
    return true;
  }

  const std::int64_t first_;  // from 2000-01-01, as all of these
  const std::int64_t end_;
  const std::int64_t epoch_;
  const void* values_ = nullptr;
};

bool is_utf8(std::string_view text) noexcept {
  std::size_t at = 0;
  std::uint64_t bits = 0;
  for (; at + sizeof bits <= text.size(); at += sizeof bits) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, sizeof eight);
    bits |= eight;
  }
  for (; at < text.size(); ++at) bits |= static_cast<unsigned char>(text[at]);
  return (bits & 0x8080808080808080) == 0 || simdjson::validate_utf8(text.data(), text.size());
}

template <class Bytes>
class TextField final : public ArrowField {
 public:
  explicit TextField(const Encoder& encoder) : encoder_(encoder) {}

 private:
  void bind_values(const ArrowArray& array, std::int64_t) override { bytes_.bind(array); }
  bool write(std::int64_t place, ByteBuffer& out) override {
    const std::string_view text = bytes_.at(place);
    if (text.size() > std::numeric_limits<std::uint32_t>::max() || !is_utf8(text)) return false;
    return encoder_.encode(make_value(ValueKind::string, text), out) == EncodeStatus::ok;
  }

  const Encoder& encoder_;
  Bytes bytes_;
};

/// What its JSON has no escapes in: numbers, booleans, dates and times. That is encoded, as that of a document would be.
class JsonField final : public ArrowField {
 public:
  JsonField(ArrowColumnHandle column, const Encoder& encoder) : column_(std::move(column)), encoder_(encoder) {}

 private:
  void bind_values(const ArrowArray& array, std::int64_t) override {
    column_->bind(array);
    offset_ = array.offset;
  }
  bool write(std::int64_t place, ByteBuffer& out) override {
    json_.clear();
    column_->put(place - offset_, json_);
    std::string_view text = json_.view();
    ValueKind kind = ValueKind::number;
    if (text.front() == '"') {
      kind = ValueKind::string;
      text = text.substr(1, text.size() - 2);
    } else if (text.front() == 't' || text.front() == 'f') {
      kind = ValueKind::boolean;
    }
    return encoder_.encode(make_value(kind, text), out) == EncodeStatus::ok;
  }

  const ArrowColumnHandle column_;
  const Encoder& encoder_;
  std::int64_t offset_ = 0;
  PaddedBytes json_;
};

template <class Stored>
Field make_integer(TypeKind kind) {
  switch (kind) {
    case TypeKind::int2: return std::make_unique<IntegerField<Stored, std::int16_t>>();
    case TypeKind::int4: return std::make_unique<IntegerField<Stored, std::int32_t>>();
    case TypeKind::int8: return std::make_unique<IntegerField<Stored, std::int64_t>>();
    default: return nullptr;
  }
}

/// Of numbers and booleans into a type that has the same; null for another pair.
Field make_number(char format, TypeKind kind) {
  switch (format) {
    case 'b': return kind == TypeKind::boolean ? std::make_unique<BooleanField>() : nullptr;
    case 'c': return make_integer<std::int8_t>(kind);
    case 'C': return make_integer<std::uint8_t>(kind);
    case 's': return make_integer<std::int16_t>(kind);
    case 'S': return make_integer<std::uint16_t>(kind);
    case 'i': return make_integer<std::int32_t>(kind);
    case 'I': return make_integer<std::uint32_t>(kind);
    case 'l': return make_integer<std::int64_t>(kind);
    case 'L': return make_integer<std::uint64_t>(kind);
    case 'f': return kind == TypeKind::float4 ? std::make_unique<FloatField<std::int32_t>>() : nullptr;
    case 'g': return kind == TypeKind::float8 ? std::make_unique<FloatField<std::int64_t>>() : nullptr;
    default: return nullptr;
  }
}

Field make_time(std::string_view format, const PgType& type, const Column& plan) {
  if (type.modifier >= 0 || !plan.options.time_format.empty()) return nullptr;
  if (format == "tdD" && type.kind == TypeKind::date) return std::make_unique<TimeField<std::int32_t>>(1);
  const bool is_zoned = format.size() > 4;
  if (format.starts_with("tsu:") && type.kind == (is_zoned ? TypeKind::timestamptz : TypeKind::timestamp))
    return std::make_unique<TimeField<std::int64_t>>(kMicrosPerDay);
  return nullptr;
}

Field make_text(std::string_view format, const TargetColumn& column) {
  if (column.type.kind != TypeKind::text && column.type.kind != TypeKind::text_form) return nullptr;
  if (format == "u") return std::make_unique<TextField<ArrowOffsetBytes<std::int32_t>>>(*column.encoder);
  if (format == "U") return std::make_unique<TextField<ArrowOffsetBytes<std::int64_t>>>(*column.encoder);
  if (format == "vu") return std::make_unique<TextField<ArrowViewBytes>>(*column.encoder);
  return nullptr;
}

bool is_written_plainly(std::string_view format) {
  return format.starts_with('d') || format.starts_with('t') ||
         (format.size() == 1 && std::string_view("bcCsSiIlLefg").find(format.front()) != std::string_view::npos);
}

}  // namespace

std::unique_ptr<ArrowField> make_arrow_field(const ArrowSchema& schema, const TargetColumn& column, const Column& plan) {
  const std::string_view format(schema.format);
  if (schema.dictionary != nullptr || !arrow_extension(schema).empty() || format.empty()) return nullptr;
  Field field = format.size() == 1 ? make_number(format.front(), column.type.kind) : make_time(format, column.type, plan);
  if (field == nullptr) field = make_text(format, column);
  if (field == nullptr && is_written_plainly(format))
    field = std::make_unique<JsonField>(make_arrow_column(schema, plan.name), *column.encoder);
  return field;
}

}  // namespace pgfeed
