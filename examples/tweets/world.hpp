#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "random.hpp"
#include "vocabulary.hpp"

namespace tweets {

/// What a text is made of. `value` says which one.
struct Piece {
  enum class Kind : std::uint8_t {
    word,      ///< index in the language's words
    fragment,  ///< index in the language's fragments
    emoji,     ///< index in the vocabulary
    line_break,
    nul,      ///< U+0000
    mention,  ///< rank of a user
    hashtag,  ///< rank
    symbol,   ///< index in the vocabulary
    url,      ///< rank
  };
  Kind kind = Kind::word;
  std::uint32_t value = 0;
};

/// What a status says, before it is written.
struct Draft {
  static constexpr std::size_t kMostPieces = 96;
  static constexpr std::int64_t kNone = -1;

  std::int64_t number = 0;  ///< of the status
  const Language* language = nullptr;
  bool escaped = false;  ///< all of it in ASCII
  std::array<Piece, kMostPieces> pieces;
  std::size_t count = 0;          ///< of pieces
  std::int64_t reply_to = kNone;  ///< number of the status that it answers
  std::int64_t quoted = kNone;    ///< number of the status that it quotes
  const Place* place = nullptr;
  bool has_point = false;   ///< `geo` and `coordinates`; then it has a place
  std::uint32_t media = 0;  ///< photos
  std::uint64_t noise = 0;  ///< for details that nothing depends on
};

/// A user, as it is for ever. What changes is worked out where it is written.
struct User {
  std::uint32_t rank = 0;
  std::int64_t id = 0;
  const Language* language = nullptr;
  std::string screen_name;
  std::uint64_t noise = 0;
};

struct WorldOptions {
  std::uint64_t seed = 1;
  std::uint32_t users = 200'000;
  std::uint32_t nul_percent = 0;  ///< of the statuses that are no retweets: text with U+0000 in it
};

/// All statuses there could ever be, by number from 0. Each is a function of the options and its number alone: so a
/// retweet holds just what was written before, and a status that is delivered again is the same, byte for byte.
///
/// Immutable. Users, hashtags and URLs are skewed: a few are everywhere.
class World {
 public:
  explicit World(const WorldOptions& options) : options_(options) {}

  /// Milliseconds since 1970, growing with the number.
  [[nodiscard]] std::int64_t time(std::int64_t number) const;
  /// A snowflake, so it grows with the number too.
  [[nodiscard]] std::int64_t id(std::int64_t number) const;
  [[nodiscard]] std::uint32_t author(std::int64_t number) const;  ///< rank of a user
  [[nodiscard]] bool is_retweet(std::int64_t number) const;
  /// The status that a retweet repeats, which is none itself; and any other earlier one, by `salt`.
  /// Precondition: number > 0.
  [[nodiscard]] std::int64_t earlier_original(std::int64_t number, std::uint64_t salt) const;
  /// Precondition: not a retweet.
  [[nodiscard]] Draft draft(std::int64_t number) const;

  [[nodiscard]] User user(std::uint32_t rank) const;

 private:
  [[nodiscard]] std::uint64_t noise(std::int64_t number, std::uint64_t purpose) const;
  void add_words(Draft& draft, Random& random) const;

  WorldOptions options_;
};

}  // namespace tweets
