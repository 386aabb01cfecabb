#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tweets {

/// A piece of text in both spellings that JSON has for it.
struct Word {
  std::string plain;         ///< UTF-8, with `"`, `\`, `/` and control characters escaped
  std::string escaped;       ///< ASCII: everything else as `\uXXXX`, in pairs beyond U+FFFF
  std::uint32_t length = 0;  ///< code points, as the indices of entities count
};

struct Language {
  std::string code;             ///< as in `lang`
  std::string_view separator;   ///< between words
  std::vector<Word> words;      ///< letters only: fit for a hashtag
  std::vector<Word> fragments;  ///< with punctuation, quotes, slashes
};

struct Place {
  std::string_view id;
  std::string_view country_code;  ///< upper case
  Word country;
  Word full_name;
  std::int32_t latitude;   ///< in millionths of a degree
  std::int32_t longitude;  ///< in millionths of a degree
};

struct Vocabulary {
  std::vector<Language> languages;
  std::vector<Word> emoji;
  std::vector<Place> places;
  std::vector<std::string_view> adjectives;  ///< ASCII, for screen names
  std::vector<std::string_view> nouns;       ///< ASCII, for screen names
  std::vector<std::string_view> symbols;     ///< of shares, without the dollar sign
  std::vector<std::string_view> sites;       ///< host names under `.example`, which no one can register (RFC 2606)
  std::vector<std::string_view> sources;     ///< the client's name as HTML, as JSON
  std::vector<std::string_view> time_zones;
};

/// The one vocabulary, made at the first call.
const Vocabulary& vocabulary();

}  // namespace tweets
