-- The five tables of the plain form, with their keys in place, in a database of their own.
CREATE TABLE users (
    id_users bigint PRIMARY KEY,
    created_at timestamptz,
    updated_at timestamptz,
    url text,
    friends_count integer,
    listed_count integer,
    favourites_count integer,
    statuses_count integer,
    protected boolean,
    verified boolean,
    screen_name text,
    name text,
    location text,
    description text
);
CREATE TABLE tweets (
    id_tweets bigint PRIMARY KEY,
    id_users bigint,
    created_at timestamptz,
    in_reply_to_status_id bigint,
    in_reply_to_user_id bigint,
    quoted_status_id bigint,
    retweet_count integer,
    favorite_count integer,
    source text,
    text text,
    country_code text,
    lang text,
    place_name text,
    lat double precision,
    lon double precision
);
CREATE TABLE tweet_urls (id_tweets bigint, url text, PRIMARY KEY (id_tweets, url));
CREATE TABLE tweet_mentions (id_tweets bigint, id_users bigint, PRIMARY KEY (id_tweets, id_users));
CREATE TABLE tweet_tags (id_tweets bigint, tag text, PRIMARY KEY (id_tweets, tag));
