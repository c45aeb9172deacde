-- Look up an answer and the generations of all it shows, in one go.
--
-- KEYS[1]   a hash: the answers about one thing, each under its question's name, beside that thing's generation
-- KEYS[2…]  the generations of tables, then others that are only told
-- ARGV[1]   the question's name
-- ARGV[2]   a word nobody has used before: the generation of what has none. So what Redis has thrown away never comes
--           back as it was, and no answer kept under it is taken for current.
-- ARGV[3]   for how many milliseconds a hash without answers is kept
-- ARGV[4]   how many of the keys come before those that are only told
-- Returns {now in microseconds, the generations joined by spaces, the answer or nil, {each that is only told, or nil}}.
--
-- The clock is the server's, so that replicas agree about an answer's age.
local time = redis.call('TIME')
local kept = redis.call('HMGET', KEYS[1], 'generation', ARGV[1])
local generations = kept[1]
if not generations then
  generations = ARGV[2]
  redis.call('HSET', KEYS[1], 'generation', generations)
  if redis.call('PTTL', KEYS[1]) < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
  end
end
local ours = tonumber(ARGV[4])
for i = 2, ours do
  local generation = redis.call('GET', KEYS[i])
  if not generation then
    generation = ARGV[2]
    redis.call('SET', KEYS[i], generation)
  end
  generations = generations .. ' ' .. generation
end
local told = {}
for i = ours + 1, #KEYS do
  local generation = redis.call('GET', KEYS[i])
  -- The answer does not hang on it: where there is no room to begin it, it is not told.
  if not generation and not redis.pcall('SET', KEYS[i], ARGV[2])['err'] then
    generation = ARGV[2]
  end
  told[i - ours] = generation
end
return {time[1] * 1000000 + time[2], generations, kept[2], told}
