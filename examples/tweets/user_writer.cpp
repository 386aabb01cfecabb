#include <chrono>

#include "status_writer.hpp"

namespace tweets {
namespace {

constexpr std::int64_t kFirstUser = 1'142'974'214'000;     // 21 March 2006
constexpr std::int64_t kUserYears = 265'000'000'000;       // from there to August 2014
constexpr std::int64_t kDescriptionLasts = 6 * 3'600'000;  // six hours, so that a day's statuses see some change

void put_two_digits(Output& out, unsigned number) {
  out.put_character(static_cast<char>('0' + number / 10));
  out.put_character(static_cast<char>('0' + number % 10));
}

void put_colour(Output& out, std::uint64_t noise) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (int i = 0; i < 6; ++i, noise >>= 4) out.put_character(kDigits[noise & 15]);
}

template <typename Container>
const auto& any_of(const Container& container, Random& random) {
  return container[random.below(container.size())];
}

void put_words(Output& out, const Language& language, Random& random, std::uint32_t count, bool escaped) {
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i > 0) out.put(language.separator);
    const Word& word = any_of(language.words, random);
    out.put(escaped ? word.escaped : word.plain);
  }
}

void put_description(Output& out, const User& user, std::int64_t now, bool escaped) {
  const std::int64_t age = (now + static_cast<std::int64_t>(user.noise % kDescriptionLasts)) / kDescriptionLasts;
  // Most keep theirs; a quarter change it whenever its time is over.
  Random random(user.noise ^ (user.noise >> 60 < 4 ? mix(static_cast<std::uint64_t>(age)) : 0));
  const std::uint32_t length = random.below(18);
  if (length == 0) return out.put("null");
  out.put("\"");
  put_words(out, *user.language, random, length, escaped);
  if (random.percent(30)) out.all(R"( | )", any_of(user.language->fragments, random).escaped, "\\n");
  out.put("\"");
}

void put_url_and_entities(Output& out, std::uint64_t number) {
  if (number % 5 < 3) return out.put(R"("url":null,"entities":{"description":{"urls":[]}},)");
  out.put(R"("url":")");
  put_short_url(out, number);
  out.put(R"(","entities":{"url":{"urls":[{"url":")");
  put_short_url(out, number);
  out.all(R"(","expanded_url":"http:\/\/home)", number % 100'000, R"(.example\/","display_url":"home)", number % 100'000,
          R"(.example","indices":[0,22]}]},"description":{"urls":[]}},)");
}

/// A count that only ever grows. `bits`: how large it may be; `speed`: a larger one is slower.
void put_count(Output& out, Random& random, std::uint32_t bits, unsigned speed, std::int64_t seen_at) {
  const std::uint32_t magnitude = random.below(bits);
  const std::int64_t start = random.below(1ULL << magnitude);
  const std::int64_t pace = 1 + random.below(15);
  out.put(start + (seen_at * pace >> speed));
}

void put_counts(Output& out, const User& user, std::int64_t seen_at) {
  Random random(user.noise + 1);
  out.put(R"("followers_count":)");
  put_count(out, random, 20, 12, seen_at);
  out.put(R"(,"friends_count":)");
  put_count(out, random, 13, 13, seen_at);
  out.put(R"(,"listed_count":)");
  put_count(out, random, 9, 16, seen_at);
  out.put(R"(,"favourites_count":)");
  put_count(out, random, 14, 11, seen_at);
  out.put(R"(,"statuses_count":)");
  put_count(out, random, 17, 9, seen_at);
}

void put_profile(Output& out, const User& user, Random& random) {
  out.put(R"("profile_background_color":")");
  put_colour(out, random.next());
  const std::uint32_t theme = 1 + random.below(19);
  out.all(R"(","profile_background_image_url":"http:\/\/abs.twimg.example\/images\/themes\/theme)", theme,
          R"(\/bg.png","profile_background_image_url_https":"https:\/\/abs.twimg.example\/images\/themes\/theme)", theme,
          R"(\/bg.png","profile_background_tile":)", random.percent(20), R"(,"profile_link_color":")");
  put_colour(out, random.next());
  out.put(R"(","profile_sidebar_border_color":")");
  put_colour(out, random.next());
  out.put(R"(","profile_sidebar_fill_color":")");
  put_colour(out, random.next());
  const std::uint64_t image = 400'000'000'000'000'000ULL + (random.next() >> 8);
  out.all(R"(","profile_text_color":"333333","profile_use_background_image":true,"profile_image_url":)",
          R"("http:\/\/pbs.twimg.example\/profile_images\/)", image, R"(\/photo_normal.jpeg","profile_image_url_https":)",
          R"("https:\/\/pbs.twimg.example\/profile_images\/)", image, R"(\/photo_normal.jpeg",)");
  if (random.percent(80)) {
    out.all(R"("profile_banner_url":"https:\/\/pbs.twimg.example\/profile_banners\/)", user.id, "\\/", image % 2'000'000'000,
            "\",");
  }
}

}  // namespace

void put_date(Output& out, std::int64_t milliseconds) {
  using namespace std::chrono;
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto since = duration_cast<seconds>(std::chrono::milliseconds(milliseconds));
  const auto day = floor<days>(since);
  const year_month_day date{sys_days(day)};
  const hh_mm_ss time(since - day);
  out.all(kDays.substr(3 * weekday(sys_days(day)).c_encoding(), 3), " ");
  out.all(kMonths.substr(3 * (static_cast<unsigned>(date.month()) - 1), 3), " ");
  put_two_digits(out, static_cast<unsigned>(date.day()));
  out.put(" ");
  put_two_digits(out, static_cast<unsigned>(time.hours().count()));
  out.put(":");
  put_two_digits(out, static_cast<unsigned>(time.minutes().count()));
  out.put(":");
  put_two_digits(out, static_cast<unsigned>(time.seconds().count()));
  out.all(" +0000 ", static_cast<int>(date.year()));
}

void put_name(Output& out, const User& user, bool escaped) {
  Random random(user.noise + 2);
  put_words(out, *user.language, random, 2, escaped);
  if (!random.percent(25)) return;
  const Word& emoji = any_of(vocabulary().emoji, random);
  out.put(escaped ? emoji.escaped : emoji.plain);
}

void put_user(Output& out, const World& world, const User& user, std::int64_t seen_at) {
  Random random(user.noise + 3);
  const bool escaped = user.noise % 4 == 0;
  out.all(R"({"id":)", user.id, R"(,"id_str":")", user.id, R"(","name":")");
  put_name(out, user, escaped);
  out.all(R"(","screen_name":")", user.screen_name, R"(","location":)");
  if (random.percent(40)) {
    out.put("null,");
  } else {
    const Word& place = any_of(vocabulary().places, random).full_name;
    out.all("\"", escaped ? place.escaped : place.plain, "\",");
  }
  put_url_and_entities(out, user.noise >> 8);
  out.put(R"("description":)");
  put_description(out, user, world.time(seen_at), escaped);
  out.all(R"(,"translator_type":"none","protected":)", random.percent(2));
  out.all(R"(,"verified":)", random.percent(3), ",");
  put_counts(out, user, seen_at);
  out.put(R"(,"created_at":")");
  put_date(out, kFirstUser + static_cast<std::int64_t>((user.noise >> 12) % kUserYears));
  if (random.percent(40)) {
    out.put(R"(","utc_offset":null,"time_zone":null,)");
  } else {
    const std::uint32_t zone = random.below(vocabulary().time_zones.size());
    out.all(R"(","utc_offset":)", static_cast<int>(zone) * 3600 - 10'800, R"(,"time_zone":")", vocabulary().time_zones[zone],
            "\",");
  }
  out.all(R"("geo_enabled":)", random.percent(50), R"(,"lang":")", user.language->code,
          R"(","contributors_enabled":false,"is_translator":false,"is_translation_enabled":false,)");
  put_profile(out, user, random);
  out.all(R"("default_profile":)", random.percent(45));
  out.all(R"(,"default_profile_image":)", random.percent(5),
          R"(,"following":null,"follow_request_sent":null,"notifications":null})");
}

}  // namespace tweets
