-- Keep an answer, if nothing it shows has been written since the question was asked.
--
-- KEYS      as in cache_look.lua
-- ARGV[1]   the question's name
-- ARGV[2]   the generations it was asked under, as cache_look.lua gave them
-- ARGV[3]   the answer
-- ARGV[4]   for how many milliseconds to keep it
-- ARGV[5]   how many answers about one thing are kept; one more, and they begin anew
-- Returns 1 where it is kept, else 0.
local generation = redis.call('HGET', KEYS[1], 'generation')
local generations = generation
for i = 2, #KEYS do
  local other = redis.call('GET', KEYS[i])
  generations = generations and other and generations .. ' ' .. other
end
if generations ~= ARGV[2] then
  return 0
end
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[5]) then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'generation', generation)
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return 1
