-- Take what several requests are charged from a caller's allowance (GCRA, ITU-T I.371 annex A, virtual scheduling).
--
-- KEYS[1]  where the instant is kept at which all that was taken is given back
-- ARGV[1]  what one request occupies, ARGV[2] what may be occupied; microseconds
-- ARGV[3]  how many requests to take for: as many as fit into a part of what is left (see LEFT_SHARE in
--          middleware/inbound/quota.py), the first as long as it fits at all
-- ARGV[4]  that part: one in so many
-- ARGV[5]  what was taken before and is given back unused; microseconds
-- Returns {occupied now, how long until one fits (0: some were taken), the instant decided for; microseconds, how many}.
--
-- The clock is the server's, so that replicas agree. Microseconds since 1970 need 51 bits: a double holds them exactly.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
local wanted, share, returned = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local before = tonumber(redis.call('GET', KEYS[1])) or now
-- Past instants are forgotten. One further ahead than anybody can get is from a clock set back, or a larger limit.
before = math.min(math.max(before, now), now + capacity)
-- What is given back after its time has passed was given back by time already.
before = math.max(before - returned, now)

local left = now + capacity - before
local wait = math.max(cost - left, 0)
local count = 0
if wait == 0 then
  count = math.max(1, math.min(wanted, math.floor(left / cost / share)))
elseif returned == 0 then
  return {before - now, wait, now, 0}
end
local after = before + count * cost
-- It expires when it says no more than its absence would.
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.max(1, math.ceil((after - now) / 1000)))
return {after - now, wait, now, count}
