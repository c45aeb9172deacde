-- Tell generations as they are, and begin none.
--
-- KEYS      the generations
-- Returns {now in microseconds, {each of them, or nil}}.
local time = redis.call('TIME')
local words = {}
for i, key in ipairs(KEYS) do
  words[i] = redis.call('GET', key)
end
return {time[1] * 1000000 + time[2], words}
