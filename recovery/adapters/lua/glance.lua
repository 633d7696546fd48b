-- A text for each of KEYS, that is equal only where value and expiry are. Reads only, and sorts nothing.
-- ARGV: the bytes of the largest value that is read; the bytes of all together.
-- Returns texts, separated by blanks: '-' for no key, '?' for a large one. Where the values are more than the bytes
-- of all together, only the first ones are told. 4 us a key where a digest of sorted members takes 10.
local call, sha1 = redis.call, redis.sha1hex
local largest, room = tonumber(ARGV[1]), tonumber(ARGV[2])
local texts = {}
for number, key in ipairs(KEYS) do
  local size = call('MEMORY', 'USAGE', key)
  local text = '-'
  if size and size > largest then
    text = '?'
  elseif size then
    local payload = call('DUMP', key)
    if payload then
      local expiry = call('PEXPIRETIME', key)
      text = sha1(payload) .. (expiry < 0 and '' or string.format(':%.0f', expiry))
      room = room - size
    end
  end
  texts[number] = text
  if room < 0 then break end
end
return table.concat(texts, ' ')
