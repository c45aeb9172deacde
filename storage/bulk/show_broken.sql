-- The first lines that break a rule, with the number of all of them.
SELECT rule, line, earlier, value, max(place) OVER () AS lines
FROM (SELECT *, dense_rank() OVER (ORDER BY line) AS place FROM ({broken}) AS broken) AS numbered
ORDER BY line, rule
LIMIT {limit}
