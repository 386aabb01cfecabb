#include "mapping/known_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "mapping/diagnostic.hpp"

namespace pgfeed {
namespace {

// htup_details.h (MaxAttrSize), varbit.c, numeric.h
constexpr std::int64_t kMostCharacters = 10'485'760;
constexpr std::int64_t kMostBits = 8 * kMostCharacters;
constexpr std::int64_t kMostDigits = 1000;
constexpr std::int64_t kAny = 999'999'999;

/// What may stand in the brackets of types: the first number's limits, and how many numbers at most.
struct Modifiers {
  std::string_view what;
  std::int64_t least;
  std::int64_t most;
  std::size_t count;
  std::vector<std::string_view> types;
};

const std::vector<Modifiers>& all_modifiers() {
  static const std::vector<Modifiers> all{
      {"length",
       1,
       kMostCharacters,
       1,
       {"varchar", "character varying", "char varying", "national character varying", "char", "character", "bpchar", "nchar",
        "national char", "national character"}},
      {"length", 1, kMostBits, 1, {"bit", "bit varying", "varbit"}},
      {"precision", 1, kMostDigits, 2, {"numeric", "decimal", "dec"}},
      {"precision", 1, 53, 1, {"float"}},
      {"precision", 0, kAny, 1, {"time", "timetz", "timestamp", "timestamptz", "interval"}},
      {"",
       0,
       0,
       0,
       {"bigint",
        "int8",
        "integer",
        "int",
        "int4",
        "smallint",
        "int2",
        "real",
        "float4",
        "float8",
        "double precision",
        "boolean",
        "bool",
        "text",
        "bytea",
        "date",
        "uuid",
        "json",
        "jsonb",
        "xml",
        "inet",
        "cidr",
        "macaddr",
        "macaddr8",
        "money",
        "point",
        "polygon",
        "circle",
        "tsvector",
        "tsquery"}}};
  return all;
}

std::vector<std::string> known_types() {
  std::vector<std::string> names;
  for (const Modifiers& modifiers : all_modifiers())
    names.insert(names.end(), modifiers.types.begin(), modifiers.types.end());
  return names;
}

/// The number; nothing where it is a word.
bool read_number(const std::string& text, std::int64_t& number) {
  const char* end = text.data() + text.size();
  return std::from_chars(text.data(), end, number).ptr == end;
}

/// The type without brackets, in lower case; empty where it is in quotes or has a schema.
std::string plain_name(std::string_view type) {
  std::string name(type.substr(0, type.find_first_of("([")));
  if (name.find_first_of("\".") != std::string::npos) return "";
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

bool is_known(const std::string& name) {
  const std::size_t zone = std::min(name.find(" with"), name.size());
  const std::vector<std::string> known = known_types();
  return std::ranges::find(known, name.substr(0, zone)) != known.end();
}

}  // namespace

std::string modifier_fault(std::string_view type, std::span<const std::string> modifiers) {
  for (const Modifiers& known : all_modifiers()) {
    if (std::ranges::find(known.types, type) == known.types.end()) continue;
    if (known.count == 0) return fmt::format("{} takes nothing in brackets", type);
    if (modifiers.size() > known.count)
      return fmt::format("{} takes {} in brackets", type, known.count == 1 ? "one number" : "two numbers at most");
    for (std::size_t i = 0; i < modifiers.size(); ++i) {
      // A scale may be negative, or greater than the precision, since PostgreSQL 15: older servers say so themselves.
      const std::int64_t least = i == 0 ? known.least : -kMostDigits;
      const std::string_view what = i == 0 ? known.what : "scale";
      std::int64_t number = 0;
      if (!read_number(modifiers[i], number)) return fmt::format("its {} is a number", what);
      if (known.most == kAny && number < least) return fmt::format("its {} is not negative", what);
      if (number < least || number > known.most) return fmt::format("its {} is {} to {}", what, least, known.most);
    }
  }
  return "";
}

std::string similar_type(std::string_view type) {
  const std::string name = plain_name(type);
  if (name.empty() || is_known(name)) return "";
  if (name == "double") return "; did you mean \"double precision\"?";
  return did_you_mean(name, known_types());
}

std::string misspelt_type(std::string_view type) {
  const std::string name = plain_name(type);
  if (name.empty() || is_known(name) || name.find_first_of("0123456789") != std::string::npos) return "";
  if (name == "double") return similar_type(name);
  constexpr std::size_t kLong = 5;
  std::vector<std::string> candidates = known_types();
  // A short name is near too many words, `rate` to date and `test` to text: only letters in another order tell a slip there.
  std::erase_if(candidates, [&](const std::string& known) {
    return known.size() < kLong && !(known.size() > 3 && std::ranges::is_permutation(known, name));
  });
  return did_you_mean(name, candidates, 1);
}

}  // namespace pgfeed
