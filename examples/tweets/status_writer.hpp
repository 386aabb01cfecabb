#pragma once

#include <cstdint>

#include "output.hpp"
#include "text.hpp"
#include "world.hpp"

namespace tweets {

/// Writes statuses in the form of Twitter's streaming API 1.1, and the notices that come between them, without the
/// line breaks. Not thread-safe: it keeps buffers.
class StatusWriter {
 public:
  /// Both must outlive the writer.
  StatusWriter(const World& world, Output& out) : world_(world), out_(out) {}

  void put_status(std::int64_t number);
  /// `{"delete": …}` for an earlier status, or `{"limit": …}`.
  void put_notice(std::int64_t number);

 private:
  /// A status as it stands when the document of number `seen_at` is delivered: inside a retweet, later than its own.
  void put_original(std::int64_t number, std::int64_t seen_at);
  void put_retweet(std::int64_t number);

  void put_head(std::int64_t number, bool truncated, const Draft& draft);
  void put_reply(std::int64_t reply_to);
  void put_place(const Draft& draft);
  void put_quoted(std::int64_t quoted);
  void put_tail(std::int64_t number, std::int64_t seen_at, const Draft& draft);
  void put_extended(const Draft& draft);

  void put_entities(const Draft& draft);
  void put_entity_list(const Draft& draft, Entity::Kind kind);
  void put_media(const Draft& draft, std::uint32_t photos);

  const World& world_;
  Output& out_;
  Text text_;
};

/// The user object of about forty fields. Its counts grow with `seen_at`, the number of the status in which it
/// stands; its description changes a few times a day.
void put_user(Output& out, const World& world, const User& user, std::int64_t seen_at);

/// The name that a user gives himself: two words of his language, perhaps an emoji.
void put_name(Output& out, const User& user, bool escaped);

/// `Sun Aug 31 00:29:15 +0000 2014`, from milliseconds since 1970.
void put_date(Output& out, std::int64_t milliseconds);

}  // namespace tweets
