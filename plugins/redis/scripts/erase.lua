-- Forgets KEYS[1]. Returns what it counted, seeders and leechers (8 bytes), or nothing.

local header = redis.call('HGET', KEYS[1], '.')
redis.call('DEL', KEYS[1])
return header and string.sub(header, 2, 9) or ''
