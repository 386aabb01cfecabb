// Any text as a value of any type: no crash, and every field that is written is well formed. The first byte chooses the
// type, the second the kind of value; the rest is its text. Two choices more are a zone's file and a time format.

#include <pgfeed/error.hpp>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "encode/encoder.hpp"
#include "encode/time_reader.hpp"
#include "encode/time_zone.hpp"

namespace {

using namespace pgfeed;

struct Target {
  TypeKind kind;
  std::unique_ptr<const Encoder> encoder;
};

[[noreturn]] void fail() { std::abort(); }

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
  if (at + width > bytes.size()) fail();
  std::uint64_t number = 0;
  for (const char c : bytes.substr(at, width)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

void add(std::vector<Target>& targets, const PgType& type, const EncodeOptions& options = {}) {
  targets.push_back({type.kind, make_encoder(type, options)});
}

PgType type_of(TypeKind kind, std::int32_t modifier = -1) {
  PgType type;
  type.kind = kind;
  type.modifier = modifier;
  type.labels = {"a", "b", "1"};
  return type;
}

std::vector<Target> make_targets() {
  std::vector<Target> targets;
  const std::array kinds{TypeKind::boolean,     TypeKind::int2,     TypeKind::int4,    TypeKind::int8,
                         TypeKind::float4,      TypeKind::float8,   TypeKind::numeric, TypeKind::text,
                         TypeKind::bytea,       TypeKind::date,     TypeKind::time,    TypeKind::timestamp,
                         TypeKind::timestamptz, TypeKind::interval, TypeKind::uuid,    TypeKind::json,
                         TypeKind::jsonb,       TypeKind::inet,     TypeKind::cidr,    TypeKind::enumeration,
                         TypeKind::text_form};
  for (const TypeKind kind : kinds) {
    add(targets, type_of(kind));
    if (kind == TypeKind::text_form) continue;
    PgType array = type_of(TypeKind::array);
    array.element = std::make_shared<const PgType>(type_of(kind));
    add(targets, array);
  }
  add(targets, type_of(TypeKind::numeric, (5 << 16 | 2) + 4));
  add(targets, type_of(TypeKind::numeric, (3 << 16 | 0x7fe) + 4));  // a scale of -2
  add(targets, type_of(TypeKind::text, 3 + 4));
  for (const NulPolicy nul : {NulPolicy::strip, NulPolicy::escape, NulPolicy::replace}) {
    EncodeOptions options;
    options.nul = nul;
    add(targets, type_of(TypeKind::text), options);
    add(targets, type_of(TypeKind::jsonb), options);
  }
  for (const char* format :
       {"epoch_s", "epoch_ms", "epoch_us", "%a %b %d %H:%M:%S %z %Y", "%I:%M %p %e %B %y", "%Y %j%f", "%s.%f"}) {
    EncodeOptions options;
    options.time_format = format;
    options.timezone = "-03:30";
    add(targets, type_of(TypeKind::timestamptz), options);
    add(targets, type_of(TypeKind::date), options);
  }
  EncodeOptions hex;
  hex.bytes = EncodeOptions::Bytes::hex;
  add(targets, type_of(TypeKind::bytea), hex);
  return targets;
}

void check_numeric(std::string_view content) {
  const std::uint64_t digits = number_at(content, 0, 2);
  if (content.size() != 8 + 2 * digits || number_at(content, 6, 2) > 0x3fff) fail();
  for (std::size_t i = 0; i < digits; ++i) {
    if (number_at(content, 8 + 2 * i, 2) > 9999) fail();
  }
}

void check_array(std::string_view content) {
  const std::uint64_t dimensions = number_at(content, 0, 4);
  if (dimensions == 0 && content.size() != 12) fail();
  if (dimensions == 0) return;
  std::uint64_t elements = number_at(content, 12, 4);
  std::size_t at = 20;
  bool has_null = false;
  for (; elements > 0; --elements) {
    const auto length = static_cast<std::int32_t>(number_at(content, at, 4));
    if (length < -1) fail();
    has_null = has_null || length == -1;
    at += 4 + (length == -1 ? 0 : static_cast<std::size_t>(length));
  }
  if (dimensions != 1 || at != content.size() || number_at(content, 4, 4) != (has_null ? 1U : 0U)) fail();
}

void check_content(TypeKind kind, std::string_view content) {
  const std::size_t size = content.size();
  switch (kind) {
    case TypeKind::boolean: return size == 1 ? void() : fail();
    case TypeKind::int2: return size == 2 ? void() : fail();
    case TypeKind::int4:
    case TypeKind::float4:
    case TypeKind::date: return size == 4 ? void() : fail();
    case TypeKind::int8:
    case TypeKind::float8:
    case TypeKind::time:
    case TypeKind::timestamp:
    case TypeKind::timestamptz: return size == 8 ? void() : fail();
    case TypeKind::interval:
    case TypeKind::uuid: return size == 16 ? void() : fail();
    case TypeKind::inet:
    case TypeKind::cidr: return size == 8 || size == 20 ? void() : fail();
    case TypeKind::numeric: return check_numeric(content);
    case TypeKind::array: return check_array(content);
    case TypeKind::text: return content.find('\0') == std::string_view::npos ? void() : fail();
    case TypeKind::jsonb: return !content.empty() && content.front() == 1 ? void() : fail();
    default: return;
  }
}

void encode(const Target& target, const Value& value) {
  constexpr std::string_view before = "before";
  ByteBuffer out;
  out.put(before);
  const EncodeStatus status = target.encoder->encode(value, out);
  if (out.view(0, before.size()) != before) fail();
  const std::string_view field = out.view().substr(before.size());
  if (status != EncodeStatus::ok) return field.empty() ? void() : fail();
  if (number_at(field, 0, 4) != field.size() - 4) fail();
  check_content(target.kind, field.substr(4));
}

void read_zone(const std::string& bytes) {
  try {
    const TimeZone zone = TimeZone::from_file(bytes, "fuzz");
    for (std::int64_t local = -200'000'000'000; local < 9'000'000'000'000; local = local / 2 * 3 + 40'000'000'000) {
      if (std::abs(zone.offset_at_local(local)) > 172'800) fail();
    }
  } catch (const Error&) {}
}

void read_format(const std::string& format) {
  try {
    Moment moment;
    (void)make_format_reader(format, false)->read(make_value(ValueKind::string, format), moment);
  } catch (const Error&) {}
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Target> targets = make_targets();
  constexpr std::size_t kMoreChoices = 2;
  if (size < 2) return 0;
  // A copy of its own, so that a read past its end is seen.
  const std::string text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t choice = data[0] % (targets.size() + kMoreChoices);
  if (choice == targets.size()) {
    read_zone(text);
  } else if (choice > targets.size()) {
    read_format(text);
  } else {
    constexpr std::array kinds{ValueKind::boolean, ValueKind::number, ValueKind::string, ValueKind::json};
    const ValueKind kind = kinds[data[1] % kinds.size()];
    encode(targets[choice], make_value(kind, kind == ValueKind::boolean ? (size % 2 == 0 ? "true" : "false") : text));
  }
  return 0;
}
