-- On top of schema.sql: the URLs of tweets as generated ids.
CREATE TABLE urls (id_urls bigserial PRIMARY KEY, url text NOT NULL UNIQUE);
DROP TABLE tweet_urls;
CREATE TABLE tweet_urls (id_tweets bigint, id_urls bigint, PRIMARY KEY (id_tweets, id_urls));
