-- The tables of examples/tweets, which the script fills but cannot make.
CREATE TABLE urls (id_urls bigint GENERATED ALWAYS AS IDENTITY UNIQUE, url text PRIMARY KEY);
CREATE TABLE users (
    id_users bigint PRIMARY KEY,
    created_at timestamptz,
    updated_at timestamptz,
    id_urls bigint REFERENCES urls (id_urls),
    screen_name text,
    name text,
    location text,
    description text,
    lang text,
    protected boolean,
    verified boolean,
    followers_count integer,
    friends_count integer,
    listed_count integer,
    favourites_count integer,
    statuses_count integer
);
CREATE TABLE tweets (
    id_tweets bigint PRIMARY KEY,
    id_users bigint REFERENCES users,
    created_at timestamptz,
    in_reply_to_status_id bigint,
    in_reply_to_user_id bigint REFERENCES users,
    quoted_status_id bigint,
    retweeted_status_id bigint,
    retweet_count integer,
    favorite_count integer,
    source text,
    text text,
    lang text,
    country_code text,
    place_name text,
    latitude double precision,
    longitude double precision
);
CREATE TABLE tweet_urls (
    id_tweets bigint REFERENCES tweets,
    id_urls bigint REFERENCES urls (id_urls),
    PRIMARY KEY (id_tweets, id_urls)
);
CREATE TABLE tweet_mentions (
    id_tweets bigint REFERENCES tweets,
    id_users bigint REFERENCES users,
    PRIMARY KEY (id_tweets, id_users)
);
CREATE TABLE tweet_tags (id_tweets bigint REFERENCES tweets, tag text, PRIMARY KEY (id_tweets, tag));
CREATE TABLE tweet_media (
    id_tweets bigint REFERENCES tweets,
    id_urls bigint REFERENCES urls (id_urls),
    type text,
    PRIMARY KEY (id_tweets, id_urls)
);
