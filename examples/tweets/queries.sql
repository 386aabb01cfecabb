-- Questions to the tables that tweets.yaml fills. psql -f examples/tweets/queries.sql

-- Who is talked about most, and by how many different people?
SELECT users.screen_name, count(*) AS mentions, count(DISTINCT tweets.id_users) AS by_people
FROM tweet_mentions
JOIN tweets USING (id_tweets)
JOIN users ON users.id_users = tweet_mentions.id_users
GROUP BY users.id_users, users.screen_name
ORDER BY mentions DESC, screen_name
LIMIT 10;

-- Which tags go together?
SELECT a.tag, b.tag AS other, count(*) AS tweets
FROM tweet_tags a
JOIN tweet_tags b ON b.id_tweets = a.id_tweets AND b.tag > a.tag
GROUP BY a.tag, b.tag
ORDER BY tweets DESC, a.tag, other
LIMIT 10;

-- How much of each language is original, a reply, a retweet?
SELECT lang,
       count(*) AS tweets,
       count(*) FILTER (WHERE retweeted_status_id IS NOT NULL) AS retweets,
       count(*) FILTER (WHERE in_reply_to_status_id IS NOT NULL) AS replies,
       round(avg(length(text))) AS characters
FROM tweets
GROUP BY lang
ORDER BY tweets DESC, lang;

-- Which pages are linked by most people? The same URL is one row of urls, whoever met it first.
SELECT urls.url, count(DISTINCT tweets.id_users) AS people
FROM tweet_urls
JOIN urls USING (id_urls)
JOIN tweets USING (id_tweets)
GROUP BY urls.id_urls, urls.url
ORDER BY people DESC, url
LIMIT 10;

-- Users known only by name: mentioned or answered, but no tweet of theirs was seen.
SELECT count(*) FILTER (WHERE updated_at IS NULL) AS known_by_name,
       count(*) FILTER (WHERE updated_at IS NOT NULL) AS with_profile
FROM users;

-- Tweets of each minute, and a mean over the five minutes before.
SELECT date_trunc('minute', created_at) AS minute,
       count(*) AS tweets,
       round(avg(count(*)) OVER (ORDER BY date_trunc('minute', created_at) ROWS 4 PRECEDING), 1) AS mean
FROM tweets
GROUP BY minute
ORDER BY minute DESC
LIMIT 15;

-- Conversations: the longest chains of replies.
WITH RECURSIVE chain AS (
    SELECT id_tweets, id_tweets AS beginning, 1 AS length FROM tweets WHERE in_reply_to_status_id IS NULL
    UNION ALL
    SELECT reply.id_tweets, chain.beginning, chain.length + 1
    FROM chain
    JOIN tweets reply ON reply.in_reply_to_status_id = chain.id_tweets
)
SELECT beginning, max(length) AS length
FROM chain
GROUP BY beginning
ORDER BY length DESC, beginning
LIMIT 5;
