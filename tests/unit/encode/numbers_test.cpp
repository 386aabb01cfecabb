#include "unit/encode/encode_one.hpp"

// Bytes come from a PostgreSQL 15: the statement that printed them stands above each group, as SELECT encode(…, 'hex').

namespace pgfeed {
namespace {

const Encoding& as_bigint() {
  static const Encoding encoding(type_of(TypeKind::int8, "bigint"));
  return encoding;
}

TEST(Boolean, GoldenBytes) {
  const Encoding encode(type_of(TypeKind::boolean, "boolean"));
  // boolsend(true), boolsend(false)
  EXPECT_EQ(encode(boolean(true)), "01");
  EXPECT_EQ(encode(boolean(false)), "00");
  EXPECT_EQ(encode(string("Yes")), "01");
  EXPECT_EQ(encode(string(" off ")), "00");
  EXPECT_EQ(encode(number("1")), "01");
  EXPECT_EQ(encode(number("0")), "00");
}

TEST(Boolean, AnythingElseIsRefused) {
  const Encoding encode(type_of(TypeKind::boolean, "boolean"));
  for (const char* text : {"", "o", "truee", "2", "10", "null"}) EXPECT_EQ(encode(string(text)), "[bad_syntax]") << text;
  for (const char* text : {"2", "-1", "1.0", "01"}) EXPECT_EQ(encode(number(text)), "[bad_syntax]") << text;
  EXPECT_EQ(encode(json("{}")), "[wrong_kind]");
}

TEST(Integers, GoldenBytesOfLeastAndGreatest) {
  const Encoding small(type_of(TypeKind::int2, "smallint"));
  // int2send('-32768'), int2send('32767')
  EXPECT_EQ(small(number("-32768")), "8000");
  EXPECT_EQ(small(number("32767")), "7fff");
  const Encoding middle(type_of(TypeKind::int4, "integer"));
  // int4send('-2147483648'), int4send('2147483647')
  EXPECT_EQ(middle(number("-2147483648")), "80000000");
  EXPECT_EQ(middle(number("2147483647")), "7fffffff");
  // int8send('-9223372036854775808'), int8send('9223372036854775807'), int8send(505874924095815681)
  EXPECT_EQ(as_bigint()(number("-9223372036854775808")), "8000000000000000");
  EXPECT_EQ(as_bigint()(number("9223372036854775807")), "7fffffffffffffff");
  EXPECT_EQ(as_bigint()(number("505874924095815681")), "07053a902f824001");
}

TEST(Integers, OneBeyondIsOutOfRange) {
  const Encoding small(type_of(TypeKind::int2, "smallint"));
  const Encoding middle(type_of(TypeKind::int4, "integer"));
  for (const char* text : {"-32769", "32768", "1e400"}) EXPECT_EQ(small(number(text)), "[out_of_range]") << text;
  for (const char* text : {"-2147483649", "2147483648"}) EXPECT_EQ(middle(number(text)), "[out_of_range]") << text;
  for (const char* text : {"-9223372036854775809", "9223372036854775808", "18446744073709551616", "99999999999999999999",
                           "1e19", "99999999999999999999999999999.5"}) {
    EXPECT_EQ(as_bigint()(number(text)), "[out_of_range]") << text;
  }
}

TEST(Integers, WholeNumbersInAnySpelling) {
  for (const char* text : {"120", "120.0", "1.2e2", "1.20E+02", "12000e-2", "0.012e4", "120.000e0"}) {
    EXPECT_EQ(as_bigint()(number(text)), "0000000000000078") << text;
    EXPECT_EQ(as_bigint()(string(text)), "0000000000000078") << text;
  }
  for (const char* text : {"0", "-0", "0.0", "0e99", "-0.000e-99"})
    EXPECT_EQ(as_bigint()(number(text)), "0000000000000000") << text;
  for (const char* text : {"+120", " 120\n", "000120", "120."})
    EXPECT_EQ(as_bigint()(string(text)), "0000000000000078") << text;
  EXPECT_EQ(as_bigint()(number("-9223372036854775808.0")), "8000000000000000");
}

TEST(Integers, AFractionIsInexact) {
  for (const char* text : {"1.5", "-0.1", "1e-1", "123e-2", "0.99999999999999999999999999"}) {
    EXPECT_EQ(as_bigint()(number(text)), "[inexact]") << text;
  }
}

TEST(Integers, WhatIsNoNumberIsRefused) {
  for (const char* text :
       {"", "-", "01", "-01", "1.", ".5", "+1", "1e", "1e+", "0x10", "01x", "1 ", " 1", "1_000", "NaN", "--1", "1.5.5"}) {
    EXPECT_EQ(as_bigint()(number(text)), "[bad_syntax]") << text;
  }
  for (const char* text : {"", " ", "-", "1 2", "one", "1e", ".", "0x10", "1_000", "NaN"}) {
    EXPECT_EQ(as_bigint()(string(text)), "[bad_syntax]") << text;
  }
  EXPECT_EQ(as_bigint()(boolean(true)), "[wrong_kind]");
  EXPECT_EQ(as_bigint()(json("[1]")), "[wrong_kind]");
}

TEST(Floats, GoldenBytes) {
  const Encoding real(type_of(TypeKind::float4, "real"));
  // float4send('1.5'), float4send('3.4028235e38'), float4send('NaN')
  EXPECT_EQ(real(number("1.5")), "3fc00000");
  EXPECT_EQ(real(number("3.4028235e38")), "7f7fffff");
  EXPECT_EQ(real(string("NaN")), "7fc00000");
  const Encoding wide(type_of(TypeKind::float8, "double precision"));
  // float8send('0.1'), ('1.7976931348623157e308'), ('5e-324'), ('-Infinity'), ('-0')
  EXPECT_EQ(wide(number("0.1")), "3fb999999999999a");
  EXPECT_EQ(wide(number("1.7976931348623157e308")), "7fefffffffffffff");
  EXPECT_EQ(wide(number("5e-324")), "0000000000000001");
  EXPECT_EQ(wide(string("-Infinity")), "fff0000000000000");
  EXPECT_EQ(wide(number("-0")), "8000000000000000");
  EXPECT_EQ(wide(string(" 0.1 ")), "3fb999999999999a");
}

TEST(Floats, ANumberIsReadAsFloatAtOnceAndNotByWayOfDouble) {
  const Encoding real(type_of(TypeKind::float4, "real"));
  // float4send('1.00000017881393432617187499'): as a double it would be half-way, and rounded up
  EXPECT_EQ(real(number("1.00000017881393432617187499")), "3f800001");
}

TEST(Floats, OutOfRangeAtBothEnds) {
  const Encoding real(type_of(TypeKind::float4, "real"));
  const Encoding wide(type_of(TypeKind::float8, "double precision"));
  for (const char* text : {"1e39", "-3.5e38", "1e-60", "1e400"}) EXPECT_EQ(real(number(text)), "[out_of_range]") << text;
  for (const char* text : {"1e400", "-1e309", "1e-400", "-0.1e-330"})
    EXPECT_EQ(wide(number(text)), "[out_of_range]") << text;
  EXPECT_EQ(wide(number("0e-400")), "0000000000000000");
  EXPECT_EQ(wide(number("0e400")), "0000000000000000");
}

TEST(Floats, WhatIsNoNumberIsRefused) {
  const Encoding wide(type_of(TypeKind::float8, "double precision"));
  for (const char* text : {"NaN", "Infinity", "1.", ".5", "01", "+1", ""})
    EXPECT_EQ(wide(number(text)), "[bad_syntax]") << text;
  for (const char* text : {"", "nan(1)", "infinit", "1,5", "0x1p3"}) EXPECT_EQ(wide(string(text)), "[bad_syntax]") << text;
  EXPECT_EQ(wide(boolean(false)), "[wrong_kind]");
}

TEST(Numeric, GoldenBytes) {
  const Encoding encode(type_of(TypeKind::numeric, "numeric"));
  // numeric_send('12345.6789'), ('-0.00001'), ('0.000'), ('1e10'), ('10000')
  EXPECT_EQ(encode(number("12345.6789")), "0003000100000004000109291a85");
  EXPECT_EQ(encode(number("-0.00001")), "0001fffe4000000503e8");
  EXPECT_EQ(encode(number("0.000")), "0000000000000003");
  EXPECT_EQ(encode(number("1e10")), "00010002000000000064");
  EXPECT_EQ(encode(number("10000")), "00010001000000000001");
  // numeric_send('NaN')
  EXPECT_EQ(encode(string("NaN")), "00000000c0000000");
  // numeric_send('Infinity') and ('-Infinity') end with a scale of 0020, which numeric_recv passes over
  EXPECT_EQ(encode(string("Infinity")), "00000000d0000000");
  EXPECT_EQ(encode(string("-inf")), "00000000f0000000");
}

TEST(Numeric, LeastAndGreatest) {
  const Encoding encode(type_of(TypeKind::numeric, "numeric"));
  // numeric_send(('1e131071')::numeric), numeric_send(('1e-16383')::numeric)
  EXPECT_EQ(encode(number("1e131071")), "00017fff0000000003e8");
  EXPECT_EQ(encode(number("1e-16383")), "0001f00000003fff000a");
  EXPECT_EQ(encode(number("1e131072")), "[out_of_range]");
  EXPECT_EQ(encode(number("1e-16384")), "[out_of_range]");
  EXPECT_EQ(encode(number("1e999999999999999999999")), "[out_of_range]");
  EXPECT_EQ(encode(number("1e-999999999999999999999")), "[out_of_range]");
}

TEST(Numeric, APrecisionLosesNothing) {
  const Encoding encode(type_of(TypeKind::numeric, "numeric(5,2)", (5 << 16 | 2) + 4));
  // numeric_send('1.5'::numeric(5,2))
  EXPECT_EQ(encode(number("1.5")), "000200000000000200011388");
  EXPECT_EQ(encode(number("1.5000")), "000200000000000200011388");
  EXPECT_EQ(encode(number("1.505")), "[inexact]");
  EXPECT_EQ(encode(number("999.99")), "000200000000000203e726ac");
  EXPECT_EQ(encode(number("1000")), "[out_of_range]");
  EXPECT_EQ(encode(string("Infinity")), "[out_of_range]");
}

TEST(Numeric, AScaleBelowZeroRoundsNothing) {
  const Encoding encode(type_of(TypeKind::numeric, "numeric(3,-2)", (3 << 16 | 0x7fe) + 4));
  // numeric_send('12000'::numeric(3,-2))
  EXPECT_EQ(encode(number("12000")), "0002000100000000000107d0");
  EXPECT_EQ(encode(number("12050")), "[inexact]");
  EXPECT_EQ(encode(number("100000")), "[out_of_range]");
}

TEST(Numeric, WhatIsNoNumberIsRefused) {
  const Encoding encode(type_of(TypeKind::numeric, "numeric"));
  for (const char* text : {"01x", "1.", "-", "NaN", ""}) EXPECT_EQ(encode(number(text)), "[bad_syntax]") << text;
  for (const char* text : {"", "-", "1 2", "-NaN", "infinite"}) EXPECT_EQ(encode(string(text)), "[bad_syntax]") << text;
  EXPECT_EQ(encode(boolean(true)), "[wrong_kind]");
  EXPECT_EQ(encode(json("{}")), "[wrong_kind]");
}

}  // namespace
}  // namespace pgfeed
