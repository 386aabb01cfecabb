-- Questions to the tables that github_events.yaml fills. psql -f examples/github_events/queries.sql

-- What happens, and to how many repositories?
SELECT type, count(*) AS events, count(DISTINCT id_repos) AS repos, count(DISTINCT id_actors) AS people
FROM events
GROUP BY type
ORDER BY events DESC, type;

-- Who pushed most commits that were new?
SELECT actors.login, count(*) AS commits, count(DISTINCT events.id_repos) AS repos
FROM commits
JOIN events USING (id_events)
JOIN actors USING (id_actors)
WHERE commits.is_distinct
GROUP BY actors.id_actors, actors.login
ORDER BY commits DESC, login
LIMIT 10;

-- The first line of each commit message, in order.
SELECT repos.name AS repo, events.branch, commits.position, left(commits.sha, 8) AS sha, split_part(commits.message, E'\n', 1) AS subject
FROM commits
JOIN events USING (id_events)
JOIN repos USING (id_repos)
ORDER BY events.id_events, commits.position
LIMIT 20;

-- What is in the payload, by type of event? The fields that have no column of their own are still there.
SELECT type, field, count(*) AS events
FROM events, jsonb_object_keys(payload) AS field
GROUP BY type, field
ORDER BY type, field;

-- Forks, out of the jsonb.
SELECT repos.name AS original, payload #>> '{forkee,full_name}' AS fork, (payload #>> '{forkee,created_at}')::timestamptz AS forked_at
FROM events
JOIN repos USING (id_repos)
WHERE type = 'ForkEvent'
ORDER BY forked_at, fork;
