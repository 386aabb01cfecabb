-- On top of schema.sql. tweet_mentions.id_users has none: of most users who are mentioned nothing else is known.
ALTER TABLE tweets ADD FOREIGN KEY (id_users) REFERENCES users;
ALTER TABLE tweet_urls ADD FOREIGN KEY (id_tweets) REFERENCES tweets;
ALTER TABLE tweet_mentions ADD FOREIGN KEY (id_tweets) REFERENCES tweets;
ALTER TABLE tweet_tags ADD FOREIGN KEY (id_tweets) REFERENCES tweets;
