-- Take a request's charge from a caller's allowance (GCRA, ITU-T I.371 annex A, virtual scheduling).
--
-- KEYS[1]  where the instant is kept at which all that was taken is given back
-- ARGV[1]  what the request occupies, ARGV[2] what may be occupied; microseconds
-- Returns {occupied now, how long until it fits (0: it was taken), the instant decided for}; microseconds.
--
-- The clock is the server's, so that replicas agree. Microseconds since 1970 need 51 bits: a double holds them exactly.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])

local before = tonumber(redis.call('GET', KEYS[1])) or now
-- Past instants are forgotten. One further ahead than anybody can get is from a clock set back, or a larger limit.
before = math.min(math.max(before, now), now + capacity)

local after = before + cost
local wait = after - now - capacity
if wait > 0 then
  return {before - now, wait, now}
end
-- It expires when it says no more than its absence would.
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.max(1, math.ceil((after - now) / 1000)))
return {after - now, 0, now}
