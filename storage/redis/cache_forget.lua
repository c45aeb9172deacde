-- Make known that something was written: take away the generations of what shows it.
--
-- KEYS      first the generations of tables, then the hashes (see cache_look.lua) of records that are gone, then those
--           of records that were changed
-- ARGV[1]   how many of the keys are to go whole: the generations and the records that are gone
-- Returns how many there were.
--
-- The answers about a changed record stay: none of them is taken for current, but a reader may have to make do with one
-- while Postgres is away. Everything here only deletes, so that it works when there is no memory left.
local whole, found = tonumber(ARGV[1]), 0
for i, key in ipairs(KEYS) do
  if i <= whole then
    found = found + redis.call('UNLINK', key)
  else
    found = found + redis.call('HDEL', key, 'generation')
  end
end
return found
