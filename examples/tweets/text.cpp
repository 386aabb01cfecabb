#include "text.hpp"

namespace tweets {
namespace {

bool is_text(Piece::Kind kind) {
  return kind == Piece::Kind::word || kind == Piece::Kind::fragment || kind == Piece::Kind::emoji;
}

bool stands_close(Piece::Kind kind) { return kind == Piece::Kind::line_break || kind == Piece::Kind::nul; }

void put_word(Output& out, const Word& word, bool escaped) { out.put(escaped ? word.escaped : word.plain); }

std::uint32_t digits_of(std::uint32_t number) { return number < 10 ? 1 : 1 + digits_of(number / 10); }

}  // namespace

std::uint32_t put_hashtag(Output& out, std::uint32_t rank, bool escaped) {
  const auto& languages = vocabulary().languages;
  const auto language_count = static_cast<std::uint32_t>(languages.size());
  const Language& language = languages[rank % language_count];
  const auto word_count = static_cast<std::uint32_t>(language.words.size());
  const std::uint32_t nth = rank / language_count;
  const Word& word = language.words[nth % word_count];
  put_word(out, word, escaped);
  const std::uint32_t round = nth / word_count;
  if (round == 0) return word.length;
  out.put(round);
  return word.length + digits_of(round);
}

void put_short_url(Output& out, std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  out.put(R"(http:\/\/t.co\/)");
  std::uint64_t left = mix(number + 0x7c0);
  for (int i = 0; i < 10; ++i, left /= kDigits.size()) out.put_character(kDigits[left % kDigits.size()]);
}

void Text::add_word(const Word& word, bool escaped) {
  put_word(body_, word, escaped);
  length_ += word.length;
}

void Text::add_entity(Entity::Kind kind, std::uint32_t value, std::uint32_t length) {
  entities_.push_back({kind, value, length_, length_ + length});
  length_ += length;
}

void Text::add_separator(const Draft& draft, const Piece* before, const Piece& piece) {
  if (before == nullptr || stands_close(before->kind) || stands_close(piece.kind)) return;
  const bool prose = is_text(before->kind) && is_text(piece.kind);
  const std::string_view separator = prose ? draft.language->separator : " ";
  body_.put(separator);
  length_ += static_cast<std::uint32_t>(separator.size());
}

void Text::add_piece(const World& world, const Draft& draft, const Piece& piece) {
  switch (piece.kind) {
    case Piece::Kind::word: return add_word(draft.language->words[piece.value], draft.escaped);
    case Piece::Kind::fragment: return add_word(draft.language->fragments[piece.value], draft.escaped);
    case Piece::Kind::emoji: return add_word(vocabulary().emoji[piece.value], draft.escaped);
    case Piece::Kind::line_break:
      body_.put("\\n");
      ++length_;
      return;
    case Piece::Kind::nul:
      body_.put("\\u0000");
      ++length_;
      return;
    case Piece::Kind::mention: {
      const User user = world.user(piece.value);
      body_.all("@", user.screen_name);
      return add_entity(Entity::Kind::mention, piece.value, 1 + static_cast<std::uint32_t>(user.screen_name.size()));
    }
    case Piece::Kind::hashtag: {
      body_.put("#");
      return add_entity(Entity::Kind::hashtag, piece.value, 1 + put_hashtag(body_, piece.value, draft.escaped));
    }
    case Piece::Kind::symbol: {
      const std::string_view symbol = vocabulary().symbols[piece.value];
      body_.all("$", symbol);
      return add_entity(Entity::Kind::symbol, piece.value, 1 + static_cast<std::uint32_t>(symbol.size()));
    }
    case Piece::Kind::url:
      put_short_url(body_, piece.value);
      return add_entity(Entity::Kind::url, piece.value, kShortUrlLength);
  }
}

bool Text::render(const World& world, const Draft& draft, const User* retweeted, std::uint32_t limit) {
  body_.truncate(0);
  entities_.clear();
  length_ = 0;
  if (retweeted != nullptr) {
    body_.put("RT ");
    length_ = 3;
    add_piece(world, draft, {Piece::Kind::mention, retweeted->rank});
    body_.put(": ");
    length_ += 2;
  }
  const Piece* before = nullptr;
  for (std::size_t i = 0; i < draft.count; before = &draft.pieces[i++]) {
    const std::size_t size = body_.size();
    const std::size_t entities = entities_.size();
    const std::uint32_t length = length_;
    add_separator(draft, before, draft.pieces[i]);
    add_piece(world, draft, draft.pieces[i]);
    if (length_ < limit) continue;  // one is left for the ellipsis
    body_.truncate(size);
    entities_.resize(entities);
    length_ = length + 1;
    body_.put(draft.escaped ? std::string_view("\\u2026") : std::string_view("…"));
    return false;
  }
  if (draft.media == 0 || length_ + 1 + kShortUrlLength >= limit) return true;
  body_.put(" ");
  ++length_;
  put_short_url(body_, draft.noise);
  add_entity(Entity::Kind::media, draft.media, kShortUrlLength);
  return true;
}

}  // namespace tweets
