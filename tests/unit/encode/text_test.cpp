#include "unit/encode/encode_one.hpp"

namespace pgfeed {
namespace {

using namespace std::string_view_literals;

EncodeOptions with_nul(NulPolicy nul) {
  EncodeOptions options;
  options.nul = nul;
  return options;
}

TEST(Text, GoldenBytes) {
  const Encoding encode(type_of(TypeKind::text, "text"));
  // textsend('Grüße 🦫')
  EXPECT_EQ(encode(string("Grüße 🦫")), "4772c3bcc39f6520f09fa6ab");
  EXPECT_EQ(encode(string("")), "");
}

TEST(Text, NumbersKeepTheirSpelling) {
  const Encoding encode(type_of(TypeKind::text, "text"));
  EXPECT_EQ(encode(number("1.50E+2")), "312e3530452b32");
  EXPECT_EQ(encode(boolean(false)), "66616c7365");
  EXPECT_EQ(encode(number("01x")), "[bad_syntax]");
  EXPECT_EQ(encode(json("{}")), "[wrong_kind]");
}

TEST(Text, LengthsAreOfCharacters) {
  const Encoding encode(type_of(TypeKind::text, "character varying(3)", 3 + 4));
  EXPECT_EQ(encode(string("ü€😀")), "c3bce282acf09f9880");
  EXPECT_EQ(encode(string("ü€😀x")), "[too_long]");
  EXPECT_EQ(encode(string("abcd")), "[too_long]");
  EXPECT_EQ(encode(number("1234")), "[too_long]");
}

TEST(Text, SpacesBeyondTheLengthAreCutAsTheServerDoes) {
  const Encoding encode(type_of(TypeKind::text, "character varying(3)", 3 + 4));
  EXPECT_EQ(encode(string("abc   ")), "616263");
  EXPECT_EQ(encode(string("ab    ")), "616220");
  EXPECT_EQ(encode(string("abc  d")), "[too_long]");
}

TEST(Text, NulByEachPolicy) {
  const PgType type = type_of(TypeKind::text, "text");
  const Value value = string("\0a\0\0b\0"sv);
  EXPECT_EQ(Encoding(type)(value), "[nul_character]");
  EXPECT_EQ(Encoding(type, with_nul(NulPolicy::strip))(value), "6162");
  EXPECT_EQ(Encoding(type, with_nul(NulPolicy::escape))(string("a\0"sv)), "615c7530303030");
  EXPECT_EQ(Encoding(type, with_nul(NulPolicy::replace))(string("a\0b"sv)), "61efbfbd62");
}

TEST(Text, ALengthIsThatOfWhatIsWritten) {
  const PgType type = type_of(TypeKind::text, "character varying(3)", 3 + 4);
  EXPECT_EQ(Encoding(type, with_nul(NulPolicy::strip))(string("ab\0c"sv)), "616263");
  EXPECT_EQ(Encoding(type, with_nul(NulPolicy::escape))(string("a\0"sv)), "[too_long]");
  EXPECT_EQ(Encoding(type, with_nul(NulPolicy::strip))(string("abc\0 "sv)), "616263");
}

TEST(Text, ATypeByItsTextFormHasNoLengthToKeep) {
  const Encoding encode(type_of(TypeKind::text_form, "bit(5)", 5));
  EXPECT_EQ(encode(string("10101")), "3130313031");
  EXPECT_EQ(encode(string("1\0"sv)), "[nul_character]");
}

TEST(Enumeration, OnlyItsLabels) {
  PgType type = type_of(TypeKind::enumeration, "mood");
  type.labels = {"sad", "ok", "so happy", "1", "true"};
  const Encoding encode(type);
  // enum_send('ok'::mood)
  EXPECT_EQ(encode(string("ok")), "6f6b");
  EXPECT_EQ(encode(string("so happy")), "736f206861707079");
  EXPECT_EQ(encode(number("1")), "31");
  EXPECT_EQ(encode(boolean(true)), "74727565");
  for (const char* text : {"", "OK", "o", "okk", "zzz"}) EXPECT_EQ(encode(string(text)), "[not_in_enum]") << text;
  EXPECT_EQ(encode(json("[]")), "[wrong_kind]");
}

TEST(Bytea, Base64OfBothAlphabets) {
  const Encoding encode(type_of(TypeKind::bytea, "bytea"));
  // byteasend('\x00ff1083')
  EXPECT_EQ(encode(string("AP8Qgw==")), "00ff1083");
  EXPECT_EQ(encode(string("AP8Qgw")), "00ff1083");
  EXPECT_EQ(encode(string("+/+/")), "fbffbf");
  EXPECT_EQ(encode(string("-_-_")), "fbffbf");
  // RFC 4648, section 10
  EXPECT_EQ(encode(string("")), "");
  EXPECT_EQ(encode(string("Zg==")), "66");
  EXPECT_EQ(encode(string("Zm8=")), "666f");
  EXPECT_EQ(encode(string("Zm9vYmFy")), "666f6f626172");
}

TEST(Bytea, WhatIsNotBase64IsRefused) {
  const Encoding encode(type_of(TypeKind::bytea, "bytea"));
  for (const char* text :
       {"A", "AP8Q=", "AP8Qgw=", "AP8Qgw===", "=", "====", "A===", "AP 8", "AP8Q\n", "Zh==", "Zg=a", "\\x0", "\\y00"}) {
    EXPECT_EQ(encode(string(text)), "[bad_syntax]") << text;
  }
  EXPECT_EQ(encode(string("\\x00fF")), "00ff") << "as PostgreSQL writes it: a backslash is no base64";
  EXPECT_EQ(encode(number("1")), "[wrong_kind]");
}

TEST(Bytea, Hexadecimal) {
  EncodeOptions options;
  options.bytes = EncodeOptions::Bytes::hex;
  const Encoding encode(type_of(TypeKind::bytea, "bytea"), options);
  for (const char* text : {"00ff1083", "\\x00FF1083", "0x00fF1083"}) EXPECT_EQ(encode(string(text)), "00ff1083") << text;
  EXPECT_EQ(encode(string("")), "");
  for (const char* text : {"0", "0g", "\\x0", "00 ff", "x00"}) EXPECT_EQ(encode(string(text)), "[bad_syntax]") << text;
}

TEST(Uuid, GoldenBytesInEverySpelling) {
  const Encoding encode(type_of(TypeKind::uuid, "uuid"));
  // uuid_send('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')
  for (const char* text : {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
                           "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"}) {
    EXPECT_EQ(encode(string(text)), "a0eebc999c0b4ef8bb6d6bb9bd380a11") << text;
  }
}

TEST(Uuid, WhatIsNoneIsRefused) {
  const Encoding encode(type_of(TypeKind::uuid, "uuid"));
  for (const char* text : {"", "{", "{}", "a0eebc99", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
                           "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111", "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                           "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11",
                           "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-", "a0e-ebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}) {
    EXPECT_EQ(encode(string(text)), "[bad_syntax]") << text;
  }
  EXPECT_EQ(encode(number("1")), "[wrong_kind]");
}

TEST(Network, GoldenBytes) {
  const Encoding inet(type_of(TypeKind::inet, "inet"));
  // inet_send('192.168.0.1/24'), inet_send('::ffff:1.2.3.4'), inet_send('2001:db8::1')
  EXPECT_EQ(inet(string("192.168.0.1/24")), "02180004c0a80001");
  EXPECT_EQ(inet(string("::ffff:1.2.3.4")), "0380001000000000000000000000ffff01020304");
  EXPECT_EQ(inet(string("2001:DB8:0::0:1")), "0380001020010db8000000000000000000000001");
  const Encoding cidr(type_of(TypeKind::cidr, "cidr"));
  // cidr_send('10.1.0.0/16')
  EXPECT_EQ(cidr(string("10.1.0.0/16")), "021001040a010000");
}

TEST(Network, WhatIsNoAddressIsRefused) {
  const Encoding inet(type_of(TypeKind::inet, "inet"));
  for (const char* text : {"",
                           "1.2.3",
                           "1.2.3.4.5",
                           "1.2.3.256",
                           "1.2.3.4/33",
                           "1.2.3.4/",
                           "1.2.3.4/-1",
                           "1.2.3.4/24/8",
                           "1..2.3",
                           "1.2.3.4 ",
                           "a.b.c.d",
                           ":",
                           ":::",
                           "1::2::3",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "12345::",
                           "::g",
                           "1:",
                           ":1",
                           "::1:",
                           "::1/129",
                           "::1.2.3",
                           "1.2.3.4::",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "/8",
                           "fe80::1%eth0"}) {
    EXPECT_EQ(inet(string(text)), "[bad_syntax]") << text;
  }
  EXPECT_EQ(inet(number("1")), "[wrong_kind]");
}

TEST(Network, BitsBehindTheMaskAreRefusedForCidrOnly) {
  const Encoding cidr(type_of(TypeKind::cidr, "cidr"));
  EXPECT_EQ(cidr(string("10.1.0.1/16")), "[bad_syntax]");
  EXPECT_EQ(cidr(string("2001:db8::1/127")), "[bad_syntax]");
  EXPECT_EQ(cidr(string("2001:db8::/31")), "031f011020010db8000000000000000000000000");
}

}  // namespace
}  // namespace pgfeed
