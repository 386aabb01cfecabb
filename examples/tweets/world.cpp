#include "world.hpp"

#include <fmt/format.h>

namespace tweets {
namespace {

constexpr std::int64_t kFirstTime = 1'409'444'955'263;  // Sun Aug 31 00:29:15 +0000 2014
constexpr std::int64_t kSnowflakeEpoch = 1'288'834'974'657;
constexpr std::int64_t kInterval = 350;  // milliseconds from one status to the next
constexpr std::uint32_t kHashtags = 60'000;
constexpr std::uint32_t kUrls = 2'000'000;

// Chances in percent. They put an average document at 4.0 kB, and the five tables of bench/ at four rows per document.
constexpr std::uint32_t kRetweets = 29;
constexpr std::uint32_t kReplies = 30;
constexpr std::uint32_t kQuotes = 5;
constexpr std::uint32_t kLinks = 60;
constexpr std::uint32_t kLong = 10;
constexpr std::uint32_t kPlaces = 18;
constexpr std::uint32_t kPoints = 40;  // of those with a place
constexpr std::uint32_t kMedia = 14;
constexpr std::uint32_t kEscaped = 25;

// Purposes keep the streams of random numbers about one status apart.
enum Purpose : std::uint64_t { kAuthor = 1, kKind, kTime, kText, kUserNoise, kTarget };

template <typename Container>
std::uint32_t index_in(const Container& container, Random& random) {
  return random.below(container.size());
}

void add(Draft& draft, Piece::Kind kind, std::uint32_t value = 0) {
  if (draft.count < Draft::kMostPieces) draft.pieces[draft.count++] = {kind, value};
}

std::uint32_t any_user(Random& random, std::uint32_t users) {
  // Half by Zipf, half evenly: of a day's statuses more are by people of whom one sees a single one.
  return random.percent(50) ? random.zipf(users) : random.below(users);
}

}  // namespace

std::uint64_t World::noise(std::int64_t number, std::uint64_t purpose) const {
  return mix(mix(options_.seed * 0x9e3779b97f4a7c15ULL + purpose) + static_cast<std::uint64_t>(number));
}

std::int64_t World::time(std::int64_t number) const {
  return kFirstTime + number * kInterval + static_cast<std::int64_t>(noise(number, kTime) % kInterval);
}

std::int64_t World::id(std::int64_t number) const {
  const auto low = static_cast<std::int64_t>(noise(number, kTime) >> 42);  // 22 bits: worker and sequence
  return (time(number) - kSnowflakeEpoch) << 22 | low;
}

std::uint32_t World::author(std::int64_t number) const {
  Random random(noise(number, kAuthor));
  return any_user(random, options_.users);
}

bool World::is_retweet(std::int64_t number) const { return number > 0 && noise(number, kKind) % 100 < kRetweets; }

std::int64_t World::earlier_original(std::int64_t number, std::uint64_t salt) const {
  Random random(noise(number, kTarget + salt));
  const auto reach = static_cast<std::uint32_t>(number < 1'000'000 ? number : 1'000'000);
  std::int64_t target = number - 1 - random.zipf(reach);
  while (is_retweet(target)) --target;
  return target;
}

User World::user(std::uint32_t rank) const {
  User user;
  user.rank = rank;
  user.noise = noise(rank, kUserNoise);
  // An odd factor is a permutation of the numbers below 2^33, so ids are distinct, and some do not fit an integer.
  user.id = static_cast<std::int64_t>((rank * 5'708'163'329ULL + 12) & ((1ULL << 33) - 1));
  Random random(user.noise);
  const auto& words = vocabulary();
  user.language = random.percent(40) ? &words.languages[0] : &words.languages[index_in(words.languages, random)];
  const auto adjective = words.adjectives[index_in(words.adjectives, random)];
  const auto noun = words.nouns[index_in(words.nouns, random)];
  user.screen_name = fmt::format("{}{}{}", adjective, random.percent(30) ? "_" : "", noun).substr(0, 15);
  const std::string digits = std::to_string(rank);  // makes it unique
  user.screen_name.resize(std::min(user.screen_name.size(), 15 - digits.size()));
  user.screen_name += digits;
  return user;
}

void World::add_words(Draft& draft, Random& random) const {
  const auto& words = vocabulary();
  const Language& language = *draft.language;
  const std::uint32_t length = random.percent(kLong) ? 24 + random.below(30) : 3 + random.below(14);
  for (std::uint32_t i = 0; i < length; ++i) {
    const std::uint32_t dice = random.below(100);
    if (dice < 70) {
      add(draft, Piece::Kind::word, index_in(language.words, random));
    } else if (dice < 78) {
      add(draft, Piece::Kind::fragment, index_in(language.fragments, random));
    } else if (dice < 83) {
      add(draft, Piece::Kind::emoji, random.zipf(static_cast<std::uint32_t>(words.emoji.size())));
    } else if (dice < 92) {
      add(draft, Piece::Kind::hashtag, random.zipf(kHashtags));
    } else if (dice < 97) {
      add(draft, Piece::Kind::mention, any_user(random, options_.users));
    } else if (dice < 99) {
      add(draft, Piece::Kind::line_break);
    } else {
      add(draft, Piece::Kind::symbol, index_in(words.symbols, random));
    }
  }
}

Draft World::draft(std::int64_t number) const {
  Random random(noise(number, kText));
  const auto& words = vocabulary();
  Draft draft;
  draft.number = number;
  draft.language = user(author(number)).language;
  draft.escaped = random.percent(kEscaped);
  if (number > 0 && random.percent(kReplies)) {
    draft.reply_to = earlier_original(number, 1);
    add(draft, Piece::Kind::mention, author(draft.reply_to));
  }
  add_words(draft, random);
  if (random.percent(options_.nul_percent)) add(draft, Piece::Kind::nul);
  if (random.percent(kLinks)) {
    add(draft, Piece::Kind::url, random.percent(50) ? random.zipf(kUrls) : random.below(kUrls));
  }
  if (number > 0 && random.percent(kQuotes)) draft.quoted = earlier_original(number, 2);
  if (random.percent(kPlaces)) {
    draft.place = &words.places[index_in(words.places, random)];
    draft.has_point = random.percent(kPoints);
  }
  if (random.percent(kMedia)) draft.media = 1 + random.zipf(4);
  draft.noise = random.next();
  return draft;
}

}  // namespace tweets
