#pragma once

#include <pgfeed/error.hpp>
#include <string>

#include "mapping/plan.hpp"

namespace pgfeed {

/// A mapping with most of what there is: the sample of the manual, statuses into five tables.
inline const std::string kSample = R"yaml(version: 1
feed: tweets
documents: $                         # or $.statuses[*]: each match is a document of its own
root: tweets                         # a document stands or falls with its row here
defaults:
  timestamp_format: "%a %b %d %H:%M:%S %z %Y"
  nul: escape                        # U+0000, which text cannot hold
skip_when: [$.delete, $.limit]       # stream notices, not tweets
tables:
  urls:
    key: [url]
    surrogate: id_urls
    columns: {url: {type: text}}
  users:
    key: [id_users]
    on_duplicate: {latest: updated_at}
    rows:
      - from: $.user
        columns:
          id_users:   {path: "@.id", type: bigint}
          created_at: {path: "@.created_at", type: timestamptz}
          updated_at: {path: "$.created_at", type: timestamptz}
          id_urls:    {ref: urls, path: "@.url"}
      - from: $.entities.user_mentions[*]
        columns: {id_users: "@.id", name: "@.name", screen_name: "@.screen_name"}
  tweets:
    key: [id_tweets]
    on_duplicate: skip
    foreign_keys: [{columns: [id_users], references: users}]
    rows:
      - from: $
        columns:
          id_tweets:    {path: $.id, type: bigint}
          id_users:     {path: $.user.id, type: bigint}
          text:         {first: [$.extended_tweet.full_text, $.text], type: text}
          country_code: {path: $.place.country_code, type: text, transform: lower}
          raw:          {path: $, type: jsonb}
          source_file:  {meta: source}
  tweet_tags:
    key: [id_tweets, tag]
    rows:
      - from: $.entities.hashtags[*]
        columns: {id_tweets: $.id, tag: {template: "#{@.text}", type: text}}
)yaml";

/// The sentence of the error that compiling raises; empty where it raises none.
inline std::string error_of(const std::string& yaml, const std::string& file = "m.yaml") {
  try {
    compile_mapping(yaml, file);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// A mapping whose one table `t` has these lines, the first of which is line 4 of the file.
inline std::string with_table(const std::string& lines) { return "version: 1\ntables:\n  t:\n" + lines; }

/// A mapping of one table with one column `a`, whose spec is on line 3.
inline std::string with_column(const std::string& spec) {
  return "version: 1\ntables:\n  t: {columns: {a: " + spec + "}}\n";
}

inline const Table& table_named(const Plan& plan, const std::string& name) {
  for (const Table& table : plan.tables) {
    if (table.name.text() == name) return table;
  }
  throw Error(ErrorKind::mapping, "no table " + name);
}

}  // namespace pgfeed
