CREATE TABLE narrow (id_tweets bigint, created_at timestamptz, lang text);
