#include <gtest/gtest.h>

#include "encode_one.hpp"
#include "record/json_string.hpp"
#include "unit/record/arrow_sample.hpp"

namespace pgfeed {
namespace {

/// What the encoder of a type makes of the only value of an Arrow column.
std::string encoded(TypeKind kind, ArrowSample column, const EncodeOptions& options = {}) {
  const std::string text = values_of(std::move(column)).at(0);
  const Encoding encoding(type_of(kind, "its_name"), options);
  if (!text.starts_with('"')) return encoding(number(text));
  std::string plain(text.size(), '\0');
  std::size_t size = 0;
  EXPECT_TRUE(unescape_json_string(std::string_view(text).substr(1, text.size() - 2), plain.data(), size));
  return encoding(string(plain.substr(0, size)));
}

std::string encoded(TypeKind kind, const std::string& format, std::int64_t count) {
  return encoded(kind, fixed<std::int64_t>(format, {count}));
}
std::string encoded_date(std::int32_t days) { return encoded(TypeKind::date, fixed<std::int32_t>("tdD", {days})); }

TEST(ArrowForms, FloatsThatAreNoNumbersAreTaken) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(encoded(TypeKind::float8, fixed<double>("g", {-kInfinity})), "fff0000000000000");
  EXPECT_EQ(encoded(TypeKind::float4, fixed<double>("g", {kInfinity})), "7f800000");
  EXPECT_EQ(encoded(TypeKind::float8, fixed<double>("g", {std::numeric_limits<double>::quiet_NaN()})), "7ff8000000000000");
  EXPECT_EQ(encoded(TypeKind::numeric, fixed<double>("g", {-kInfinity})), "00000000f0000000");
  EXPECT_EQ(encoded(TypeKind::float8, fixed<double>("g", {-0.0})), "8000000000000000");
  EXPECT_EQ(encoded(TypeKind::int8, fixed<double>("g", {1e5})), "00000000000186a0");
}

TEST(ArrowForms, DatesAndTimesAreTakenAsFarAsPostgresGoes) {
  EXPECT_EQ(encoded_date(0), "ffffd533");
  EXPECT_EQ(encoded_date(-719'528 - 1'721'060), "ffda97a7");  // 4714-11-24 BC, the first
  EXPECT_EQ(encoded_date(-719'528 - 1'721'061), "[out_of_range]");
  EXPECT_EQ(encoded_date(2'145'042'905), "7fda970c");  // 5874897-12-31, the last
  EXPECT_EQ(encoded_date(2'145'042'906), "[out_of_range]");
  EXPECT_EQ(encoded(TypeKind::date, "tdm", 1), "[inexact]");
  EXPECT_EQ(encoded(TypeKind::time, "ttu", 86'400'000'000), "000000141dd76000");
  EXPECT_EQ(encoded(TypeKind::time, "ttu", 86'400'000'001), "[out_of_range]");
  EXPECT_EQ(encoded(TypeKind::time, "ttu", -1), "[bad_syntax]");
  EXPECT_EQ(encoded(TypeKind::time, "ttn", 1), "[inexact]");
  EXPECT_EQ(encoded(TypeKind::timestamp, "tsu:", 946'684'800'000'000 - 1), "ffffffffffffffff");
  EXPECT_EQ(encoded(TypeKind::timestamptz, "tsu:UTC", 946'684'800'000'001), "0000000000000001");
  EXPECT_EQ(encoded(TypeKind::timestamp, "tsu:UTC", 0), "[inexact]");
  EXPECT_EQ(encoded(TypeKind::timestamptz, "tss:UTC", -62'167'219'200), "ff1fc63d1bb12000");  // 0001-01-01 BC
  EXPECT_EQ(encoded(TypeKind::timestamp, "tsn:", 1), "[inexact]");
  EXPECT_EQ(encoded(TypeKind::timestamp, "tss:", std::numeric_limits<std::int64_t>::max()), "[bad_syntax]");
}

TEST(ArrowForms, IntervalsAreTaken) {
  EXPECT_EQ(encoded(TypeKind::interval, "tDu", -1'500'000),
            "ffffffffffe91ca0"
            "00000000"
            "00000000");
  EXPECT_EQ(encoded(TypeKind::interval, "tDu", std::numeric_limits<std::int64_t>::min()),
            "8000000000000000"
            "00000000"
            "00000000");
  EXPECT_EQ(encoded(TypeKind::interval, "tDu", std::numeric_limits<std::int64_t>::max()),
            "7fffffffffffffff"
            "00000000"
            "00000000");
  EXPECT_EQ(encoded(TypeKind::interval, "tDn", 1), "[inexact]");
  EXPECT_EQ(encoded(TypeKind::interval, ArrowSample("tin", 1).buffer(std::vector<std::int32_t>{14, -3, -4000, -1})),
            "fffffffffffffffc"
            "fffffffd"
            "0000000e");
}

TEST(ArrowForms, BytesAndUuidsAreTaken) {
  EncodeOptions hex;
  hex.bytes = EncodeOptions::Bytes::hex;
  EXPECT_EQ(encoded(TypeKind::bytea, texts("z", {"\xff\x01"}), hex), "ff01");
  EXPECT_EQ(encoded(TypeKind::bytea, texts("z", {""}), hex), "");
  EXPECT_EQ(encoded(TypeKind::bytea, texts("z", {"\xff\x01"})), "ff01") << "also where base64 is the mapping's";
  EXPECT_EQ(encoded(TypeKind::uuid, ArrowSample("w:16", 1).buffer(std::string(16, '\x5a')).extension("arrow.uuid")),
            "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a");
}

}  // namespace
}  // namespace pgfeed
