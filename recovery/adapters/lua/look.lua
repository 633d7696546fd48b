-- What KEYS are, in three strings however many they are. Reads only.
-- ARGV: the bytes of the largest value that is digested here; the bytes of all together.
-- Returns types; expiries (ms since 1970; -1 none; -2 no key); and digests: each separated by blanks.
-- A digest is '-' for no key, 'type' for one whose type has none, 'large' for a value that is read in pieces instead.
-- Where the values are more than the bytes of all together, only the first ones are told.
-- Nothing is sorted: Lua compares strings by the server's locale, so two servers sort differently.
local call, sha1, sub, concat = redis.call, redis.sha1hex, string.sub, table.concat
local largest, room = tonumber(ARGV[1]), tonumber(ARGV[2])
local WORK = 64 -- an element takes as long as so many bytes, however small it is
local LIMIT = 2 ^ 52 -- the sum of two numbers below it is exact; two values have one sum by one chance in as many

local function ordered(values)
  local lengths = {}
  for number = 1, #values do
    lengths[number] = #values[number]
  end
  room = room - WORK * #values
  return sha1(concat(values)) .. sha1(concat(lengths, ' '))
end

local function sum(values, step)
  local total = 0
  for number = 1, #values, step do
    local value = values[number]
    if step == 2 then
      value = #value .. ':' .. value .. values[number + 1]
    end
    total = total + tonumber(sub(sha1(value), 1, 13), 16)
    if total >= LIMIT then total = total - LIMIT end
  end
  room = room - WORK * #values
  return string.format('%d:%.0f', #values / step, total)
end

local digest = {
  string = function(key) return sha1(call('GET', key)) end,
  list = function(key) return ordered(call('LRANGE', key, 0, -1)) end,
  zset = function(key)
    local values = call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for number = 2, #values, 2 do
      values[number] = string.format('%.17g', tonumber(values[number])) -- 7.2 writes 0.1 otherwise than 7.0
    end
    return ordered(values)
  end,
  set = function(key) return sum(call('SMEMBERS', key), 1) end,
  hash = function(key) return sum(call('HGETALL', key), 2) end,
}

local types, expiries, digests = {}, {}, {}
for number, key in ipairs(KEYS) do
  local kind = call('TYPE', key).ok
  types[number], expiries[number], digests[number] = kind, '-2', '-'
  if kind ~= 'none' then
    local expiry = call('PEXPIRETIME', key)
    expiries[number] = expiry < 0 and '-1' or string.format('%.0f', expiry)
    local of = digest[kind]
    local size = of and call('MEMORY', 'USAGE', key)
    if not of then
      digests[number] = 'type'
    elseif size > largest then
      digests[number] = 'large'
    else
      digests[number] = of(key)
      room = room - size
    end
    if room < 0 then break end
  end
end
return {concat(types, ' '), concat(expiries, ' '), concat(digests, ' ')}
