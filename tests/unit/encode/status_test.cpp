#include "unit/encode/encode_one.hpp"

namespace pgfeed {
namespace {

// SQLSTATEs are those of the server's own complaint about the same text.
TEST(Status, SqlstateOfEachFamily) {
  EXPECT_STREQ(sqlstate_of(EncodeStatus::ok, TypeKind::int4), "");
  EXPECT_STREQ(sqlstate_of(EncodeStatus::out_of_range, TypeKind::int4), "22003");         // SELECT '2147483648'::int
  EXPECT_STREQ(sqlstate_of(EncodeStatus::bad_syntax, TypeKind::int4), "22P02");           // SELECT 'x'::int
  EXPECT_STREQ(sqlstate_of(EncodeStatus::inexact, TypeKind::int8), "22P02");              // SELECT '1.5'::bigint
  EXPECT_STREQ(sqlstate_of(EncodeStatus::out_of_range, TypeKind::timestamptz), "22008");  // SELECT '2024-02-30'::timestamptz
  EXPECT_STREQ(sqlstate_of(EncodeStatus::bad_syntax, TypeKind::date), "22007");           // SELECT 'x'::date
  EXPECT_STREQ(sqlstate_of(EncodeStatus::out_of_range, TypeKind::interval), "22015");  // SELECT '2147483648 days'::interval
  EXPECT_STREQ(sqlstate_of(EncodeStatus::bad_syntax, TypeKind::bytea), "22023");       // SELECT decode('0g', 'hex')
  EXPECT_STREQ(sqlstate_of(EncodeStatus::too_long, TypeKind::text), "22001");          // INSERT … 'abcd' into varchar(3)
  EXPECT_STREQ(sqlstate_of(EncodeStatus::nul_character, TypeKind::text), "22021");     // SELECT convert_from('\x00', 'UTF8')
  EXPECT_STREQ(sqlstate_of(EncodeStatus::nul_character, TypeKind::jsonb), "22P05");    // SELECT '"\u0000"'::jsonb
  EXPECT_STREQ(sqlstate_of(EncodeStatus::lone_surrogate, TypeKind::jsonb), "22P02");   // SELECT '"\ud800"'::jsonb
  EXPECT_STREQ(sqlstate_of(EncodeStatus::not_in_enum, TypeKind::enumeration), "22P02");  // SELECT 'angry'::mood
}

TEST(Status, PhrasesNameTheType) {
  EXPECT_EQ(phrase_of(EncodeStatus::out_of_range, type_of(TypeKind::int4, "integer")), "is out of range for integer");
  EXPECT_EQ(phrase_of(EncodeStatus::too_long, type_of(TypeKind::text, "character varying(3)")),
            "is too long for character varying(3)");
  EXPECT_EQ(phrase_of(EncodeStatus::inexact, type_of(TypeKind::numeric, "numeric(5,2)")),
            "has more digits after the point than numeric(5,2) keeps");
  EXPECT_EQ(phrase_of(EncodeStatus::inexact, type_of(TypeKind::int2, "smallint")),
            "is not a whole number, so it does not fit smallint");
  EXPECT_EQ(phrase_of(EncodeStatus::not_in_enum, type_of(TypeKind::enumeration, "mood")), "is not a label of mood");
}

TEST(Status, EveryStatusHasAPhraseAndASqlstateForEveryKind) {
  for (auto kind = 0; kind <= static_cast<int>(TypeKind::text_form); ++kind) {
    const PgType type = type_of(static_cast<TypeKind>(kind), "the_type");
    for (auto status = 1; status <= static_cast<int>(EncodeStatus::not_in_enum); ++status) {
      EXPECT_NE(phrase_of(static_cast<EncodeStatus>(status), type).find("the_type"), std::string::npos);
      EXPECT_EQ(std::string_view(sqlstate_of(static_cast<EncodeStatus>(status), type.kind)).size(), 5U);
    }
  }
}

}  // namespace
}  // namespace pgfeed
