-- A text for so many of KEYS together, that is equal only where their values and expiries are. Reads only.
-- ARGV: the bytes of the largest value that is read; the bytes of all together; how many keys have a text together.
-- Returns texts, separated by blanks; '?' where a value is large, or the bytes of all together were reached between
-- its keys. Where they were reached, only the first texts are told.
-- Small sets and hashes are sorted, by the server's locale: where two servers sort otherwise, equal ones have other
-- texts. The others are summed up, which takes longer, in whatever order they are held.
local call, sort, pack, sha1 = redis.call, table.sort, cmsgpack.pack, redis.sha1hex
local sub, byte = string.sub, string.byte
local largest, room, together = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local SORTED = 256 -- Lua's sort may take the square of so many
local LIMIT = 2 ^ 52 -- as in look.lua
local WORK = 64 -- an element takes as long as so many bytes, however small it is
local PLAIN = { [4] = true, [16] = true } -- DUMP's first byte (rdb.h) for hashes of which no field expires

local function unordered(elements)
  room = room - WORK * #elements
  if #elements <= SORTED then
    sort(elements)
    return elements
  end
  local total = 0
  for _, element in ipairs(elements) do
    total = total + tonumber(sub(sha1(element), 1, 13), 16)
    if total >= LIMIT then total = total - LIMIT end
  end
  return { #elements, total }
end

local read = {
  set = function(key) return unordered(call('SMEMBERS', key)) end,
  hash = function(key)
    local dumped = call('DUMP', key)
    if not dumped or not PLAIN[byte(dumped)] then return dumped end
    local flat, fields = call('HGETALL', key), {}
    for number = 1, #flat, 2 do
      fields[#fields + 1] = pack(flat[number], flat[number + 1])
    end
    return unordered(fields)
  end,
}

-- What a key of that type holds; nothing of a large one. A string is not asked for its size before: one call less.
local function value(key, kind)
  if kind == 'string' then
    local text = call('GETRANGE', key, 0, largest)
    room = room - #text
    return #text <= largest and text
  end
  local size = call('MEMORY', 'USAGE', key)
  if not size then return '' end -- a replica keeps an expired key
  if size > largest then return end
  room = room - size
  return (read[kind] or function() return call('DUMP', key) end)(key)
end

local texts, seen, large = {}, {}, false
for number, key in ipairs(KEYS) do
  local kind = call('TYPE', key).ok
  seen[#seen + 1] = kind
  if kind ~= 'none' then
    local held = value(key, kind)
    large = large or not held
    seen[#seen + 1], seen[#seen + 2] = held, call('PEXPIRETIME', key)
  end
  local all = number % together == 0 or number == #KEYS
  if all or room < 0 then
    texts[#texts + 1] = all and not large and sha1(pack(seen)) or '?'
    seen, large = {}, false
  end
  if room < 0 then break end
end
return table.concat(texts, ' ')
