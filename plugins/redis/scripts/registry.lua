-- One change of the registry, and its line in the feed. plugins/redis/registry_codec.hpp has the form of
-- a record; a key comes first in it, and is the field of the hash.
--
-- KEYS: the hash of such records, the feed, the head
-- ARGV: the kind of change (upper case puts, lower case erases), how many changes the feed keeps, bytes
--       of a key, bytes of a record, the records one behind the other
-- Returns: the epoch of the registry

local kind, key_size, size, data = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local sub = string.sub
local words = {}
if kind == string.upper(kind) then
  for at = 1, #data, size do
    words[#words + 1] = sub(data, at, at + key_size - 1)
    words[#words + 1] = sub(data, at + key_size, at + size - 1)
  end
  redis.call('HSET', KEYS[1], unpack(words))
else
  for at = 1, #data, size do
    words[#words + 1] = sub(data, at, at + key_size - 1)
  end
  redis.call('HDEL', KEYS[1], unpack(words))
end

-- Who follows the feed sees by these numbers whether something is missing. A registry that begins anew has
-- another epoch.
local number = redis.call('HINCRBY', KEYS[3], 'changes', 1)
if number == 1 then
  local now = redis.call('TIME')
  redis.call('HSET', KEYS[3], 'epoch', now[1] .. string.format('%06d', now[2]))
end
local epoch = redis.call('HGET', KEYS[3], 'epoch') or '0'
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'n', epoch .. '-' .. string.format('%d', number),
  'k', kind, 'd', data)
return epoch
