#pragma once

#include <cstdint>
#include <vector>

#include "output.hpp"
#include "world.hpp"

namespace tweets {

/// Something in a text that has an object of its own in `entities`.
struct Entity {
  enum class Kind : std::uint8_t { mention, hashtag, symbol, url, media };
  Kind kind = Kind::url;
  std::uint32_t value = 0;  ///< as in Piece; of media: the number of photos behind the one URL
  std::uint32_t begin = 0;  ///< code points from the text's begin
  std::uint32_t end = 0;
};

/// A draft as text. Reused from one status to the next.
class Text {
 public:
  static constexpr std::uint32_t kShort = 140;
  static constexpr std::uint32_t kWhole = UINT32_MAX;

  /// Writes the draft, at most `limit` code points of it. `retweeted`: the user whose status is repeated, or null.
  /// Returns whether all of it went in; what did not is an ellipsis.
  bool render(const World& world, const Draft& draft, const User* retweeted, std::uint32_t limit);

  [[nodiscard]] std::string_view json() const { return body_.view(); }  ///< without the quotes
  [[nodiscard]] std::uint32_t length() const { return length_; }        ///< code points
  [[nodiscard]] const std::vector<Entity>& entities() const { return entities_; }

 private:
  void add_word(const Word& word, bool escaped);
  void add_entity(Entity::Kind kind, std::uint32_t value, std::uint32_t length);
  void add_piece(const World& world, const Draft& draft, const Piece& piece);
  void add_separator(const Draft& draft, const Piece* before, const Piece& piece);

  Output body_;
  std::uint32_t length_ = 0;
  std::vector<Entity> entities_;
};

/// The word of a hashtag without its number sign. Returns its length in code points.
std::uint32_t put_hashtag(Output& out, std::uint32_t rank, bool escaped);

/// `http://t.co/` and ten letters or digits, 22 code points in all.
void put_short_url(Output& out, std::uint64_t number);
constexpr std::uint32_t kShortUrlLength = 22;

}  // namespace tweets
