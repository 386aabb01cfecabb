#include "status_writer.hpp"

#include <array>

namespace tweets {
namespace {

/// `"name":123,"name_str":"123",`, or both null.
void put_id_pair(Output& out, std::string_view name, std::int64_t id) {
  if (id < 0) return out.all("\"", name, "\":null,\"", name, "_str\":null,");
  out.all("\"", name, "\":", id, ",\"", name, "_str\":\"", id, "\",");
}

/// A coordinate, from millionths of a degree, with as many digits as Twitter gives.
void put_degrees(Output& out, std::int32_t millionths) {
  if (millionths < 0) out.put("-");
  const std::uint32_t absolute = static_cast<std::uint32_t>(millionths < 0 ? -millionths : millionths);
  out.all(absolute / 1'000'000, ".");
  for (std::uint32_t unit = 100'000; unit > 0; unit /= 10) out.put_character(static_cast<char>('0' + absolute / unit % 10));
}

void put_pair(Output& out, std::int32_t first, std::int32_t second) {
  out.put("[");
  put_degrees(out, first);
  out.put(",");
  put_degrees(out, second);
  out.put("]");
}

void put_word(Output& out, const Word& word, bool escaped) { out.put(escaped ? word.escaped : word.plain); }

/// The page behind a short URL.
void put_page(Output& out, std::uint32_t rank, bool whole) {
  const auto& words = vocabulary();
  const std::uint64_t noise = mix(rank);
  const std::string_view site = words.sites[noise % words.sites.size()];
  if (!whole) return out.all(site, R"(\/2014\/)", words.nouns[(noise >> 16) % words.nouns.size()], R"(\u2026)");
  out.all(R"(http:\/\/)", site, R"(\/2014\/)", words.nouns[(noise >> 16) % words.nouns.size()], "\\/",
          words.adjectives[(noise >> 32) % words.adjectives.size()], "-", rank, ".html");
}

}  // namespace

void StatusWriter::put_entity_list(const Draft& draft, Entity::Kind kind) {
  bool first = true;
  for (const Entity& entity : text_.entities()) {
    if (entity.kind != kind) continue;
    out_.put(first ? std::string_view("{") : std::string_view(",{"));
    first = false;
    if (kind == Entity::Kind::hashtag) {
      out_.put(R"("text":")");
      put_hashtag(out_, entity.value, draft.escaped);
    } else if (kind == Entity::Kind::symbol) {
      out_.all(R"("text":")", vocabulary().symbols[entity.value]);
    } else if (kind == Entity::Kind::mention) {
      const User user = world_.user(entity.value);
      out_.all(R"("screen_name":")", user.screen_name, R"(","name":")");
      put_name(out_, user, draft.escaped);
      out_.all(R"(","id":)", user.id, R"(,"id_str":")", user.id);
    } else {
      out_.put(R"("url":")");
      put_short_url(out_, entity.value);
      out_.put(R"(","expanded_url":")");
      put_page(out_, entity.value, true);
      out_.put(R"(","display_url":")");
      put_page(out_, entity.value, false);
    }
    out_.all(R"(","indices":[)", entity.begin, ",", entity.end, "]}");
  }
}

void StatusWriter::put_media(const Draft& draft, std::uint32_t photos) {
  const Entity& entity = text_.entities().back();
  out_.put(R"("media":[)");
  for (std::uint32_t i = 0; i < photos; ++i) {
    const std::int64_t id = world_.id(draft.number) - 1'000'000 + i;
    out_.all(i == 0 ? std::string_view("") : std::string_view(","), R"({"id":)", id, R"(,"id_str":")", id,
             R"(","indices":[)", entity.begin, ",", entity.end, R"(],"media_url":"http:\/\/pbs.twimg.example\/media\/)", id,
             R"(.jpg",)", R"("media_url_https":"https:\/\/pbs.twimg.example\/media\/)", id, R"(.jpg","url":")");
    put_short_url(out_, draft.noise);
    out_.all(R"(","display_url":"pic.twitter.com\/)", id, R"(","expanded_url":"http:\/\/twitter.com\/i\/status\/)",
             world_.id(draft.number), R"(\/photo\/1","type":"photo",)",
             R"("sizes":{"medium":{"w":600,"h":338,"resize":"fit"},"small":{"w":340,"h":192,"resize":"fit"},)",
             R"("thumb":{"w":150,"h":150,"resize":"crop"},"large":{"w":765,"h":432,"resize":"fit"}}})");
  }
  out_.put("]");
}

void StatusWriter::put_entities(const Draft& draft) {
  out_.put(R"("entities":{"hashtags":[)");
  put_entity_list(draft, Entity::Kind::hashtag);
  out_.put(R"(],"symbols":[)");
  put_entity_list(draft, Entity::Kind::symbol);
  out_.put(R"(],"urls":[)");
  put_entity_list(draft, Entity::Kind::url);
  out_.put(R"(],"user_mentions":[)");
  put_entity_list(draft, Entity::Kind::mention);
  out_.put("]");
  const bool has_media = !text_.entities().empty() && text_.entities().back().kind == Entity::Kind::media;
  if (has_media) {
    out_.put(",");
    put_media(draft, 1);
    out_.put(R"(},"extended_entities":{)");
    put_media(draft, draft.media);
  }
  out_.put("}");
}

void StatusWriter::put_head(std::int64_t number, bool truncated, const Draft& draft) {
  const std::int64_t id = world_.id(number);
  out_.put(R"({"created_at":")");
  put_date(out_, world_.time(number));
  out_.all(R"(","id":)", id, R"(,"id_str":")", id, R"(","text":")", text_.json(), R"(","source":")",
           vocabulary().sources[draft.noise % vocabulary().sources.size()], R"(","truncated":)", truncated, ",");
}

void StatusWriter::put_reply(std::int64_t reply_to) {
  if (reply_to < 0) {
    put_id_pair(out_, "in_reply_to_status_id", -1);
    put_id_pair(out_, "in_reply_to_user_id", -1);
    return out_.put(R"("in_reply_to_screen_name":null,)");
  }
  const User user = world_.user(world_.author(reply_to));
  put_id_pair(out_, "in_reply_to_status_id", world_.id(reply_to));
  put_id_pair(out_, "in_reply_to_user_id", user.id);
  out_.all(R"("in_reply_to_screen_name":")", user.screen_name, "\",");
}

void StatusWriter::put_place(const Draft& draft) {
  if (draft.place == nullptr) return out_.put(R"("geo":null,"coordinates":null,"place":null,"contributors":null,)");
  const Place& place = *draft.place;
  const std::int32_t latitude = place.latitude + static_cast<std::int32_t>(draft.noise % 100'000);
  const std::int32_t longitude = place.longitude + static_cast<std::int32_t>((draft.noise >> 20) % 100'000);
  if (draft.has_point) {
    out_.put(R"("geo":{"type":"Point","coordinates":)");
    put_pair(out_, latitude, longitude);
    out_.put(R"(},"coordinates":{"type":"Point","coordinates":)");
    put_pair(out_, longitude, latitude);
    out_.put(R"(},"place":{"id":")");
  } else {
    out_.put(R"("geo":null,"coordinates":null,"place":{"id":")");
  }
  out_.all(place.id, R"(","url":"https:\/\/api.twitter.com\/1.1\/geo\/id\/)", place.id,
           R"(.json","place_type":"city","full_name":")");
  put_word(out_, place.full_name, draft.escaped);
  out_.all(R"(","country_code":")", place.country_code, R"(","country":")");
  put_word(out_, place.country, draft.escaped);
  out_.put(R"(","bounding_box":{"type":"Polygon","coordinates":[[)");
  const std::array<std::array<std::int32_t, 2>, 4> corners{{{0, 0}, {0, 100'000}, {100'000, 100'000}, {100'000, 0}}};
  for (std::size_t i = 0; i < corners.size(); ++i) {
    if (i > 0) out_.put(",");
    put_pair(out_, place.longitude + corners[i][0], place.latitude + corners[i][1]);
  }
  out_.put(R"(]]},"attributes":{}},"contributors":null,)");
}

void StatusWriter::put_quoted(std::int64_t quoted) {
  if (quoted < 0) return out_.put(R"("is_quote_status":false,)");
  put_id_pair(out_, "quoted_status_id", world_.id(quoted));
  out_.put(R"("is_quote_status":true,)");
}

void StatusWriter::put_extended(const Draft& draft) {
  text_.render(world_, draft, nullptr, Text::kWhole);
  out_.all(R"("extended_tweet":{"full_text":")", text_.json(), R"(","display_text_range":[0,)", text_.length(), "],");
  put_entities(draft);
  out_.put("},");
}

void StatusWriter::put_tail(std::int64_t number, std::int64_t seen_at, const Draft& draft) {
  const std::int64_t age = seen_at - number;
  out_.all(R"("quote_count":)", age >> 12, R"(,"reply_count":)", age >> 11, R"(,"retweet_count":)", age >> 8,
           R"(,"favorite_count":)", age >> 7, ",");
  put_entities(draft);
  out_.put(R"(,"favorited":false,"retweeted":false,)");
  for (const Entity& entity : text_.entities()) {
    if (entity.kind != Entity::Kind::url && entity.kind != Entity::Kind::media) continue;
    out_.all(R"("possibly_sensitive":)", draft.noise % 50 == 0, ",");
    break;
  }
  out_.all(R"("filter_level":"low","lang":")", draft.language->code, R"(","timestamp_ms":")", world_.time(number), "\"}");
}

void StatusWriter::put_original(std::int64_t number, std::int64_t seen_at) {
  const Draft draft = world_.draft(number);
  const bool truncated = !text_.render(world_, draft, nullptr, Text::kShort);
  put_head(number, truncated, draft);
  put_reply(draft.reply_to);
  out_.put(R"("user":)");
  put_user(out_, world_, world_.user(world_.author(number)), seen_at);
  out_.put(",");
  put_place(draft);
  put_quoted(draft.quoted);
  if (truncated) {
    put_extended(draft);
    text_.render(world_, draft, nullptr, Text::kShort);
  }
  put_tail(number, seen_at, draft);
}

void StatusWriter::put_retweet(std::int64_t number) {
  const std::int64_t original = world_.earlier_original(number, 0);
  const Draft draft = world_.draft(original);
  const User author = world_.user(world_.author(original));
  text_.render(world_, draft, &author, Text::kShort);
  put_head(number, false, draft);
  put_reply(Draft::kNone);
  out_.put(R"("user":)");
  put_user(out_, world_, world_.user(world_.author(number)), number);
  out_.put(R"(,"geo":null,"coordinates":null,"place":null,"contributors":null,"retweeted_status":)");
  put_original(original, number);
  out_.put(",");
  put_quoted(draft.quoted);
  text_.render(world_, draft, &author, Text::kShort);  // the original's was written in between
  put_tail(number, number, draft);
}

void StatusWriter::put_status(std::int64_t number) {
  if (world_.is_retweet(number)) return put_retweet(number);
  put_original(number, number);
}

void StatusWriter::put_notice(std::int64_t number) {
  if (number % 4 == 0) {
    return out_.all(R"({"limit":{"track":)", 1000 + number, R"(,"timestamp_ms":")", world_.time(number), "\"}}");
  }
  const std::int64_t deleted = world_.earlier_original(number, 3);
  const User user = world_.user(world_.author(deleted));
  out_.all(R"({"delete":{"status":{"id":)", world_.id(deleted), R"(,"id_str":")", world_.id(deleted), R"(","user_id":)",
           user.id, R"(,"user_id_str":")", user.id, R"("},"timestamp_ms":")", world_.time(number), "\"}}");
}

}  // namespace tweets
