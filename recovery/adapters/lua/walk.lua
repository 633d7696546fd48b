-- One step of a walk over all keys, in three strings however many keys it finds.
-- ARGV: the cursor; about how many keys to find. Reads only.
-- Returns the next cursor; the lengths of the keys; the keys, one behind the other.
local found = redis.call('SCAN', ARGV[1], 'COUNT', ARGV[2])
local lengths = {}
for number, key in ipairs(found[2]) do
  lengths[number] = #key
end
return {found[1], table.concat(lengths, ' '), table.concat(found[2])}
