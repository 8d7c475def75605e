-- The fields of one swarm, and the pages of rows they hold. The README draws the layout.
--
-- Put before every script that changes rows. Strings are kept short throughout: Redis' Lua hashes
-- every byte of every one that passes through it.

local call, sub, find, byte, char = redis.call, string.sub, string.find, string.byte, string.char
local pack, unpack_bytes, spread = struct.pack, struct.unpack, unpack

-- By class: seeders, leechers, hidden ones; of IPv4, of IPv6, members.
local key_letters = { 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i' }
local meta_letters = { 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I' }
local key_bytes = { 6, 6, 6, 18, 18, 18, 52, 52, 52 }
local meta_bytes = { 5, 5, 5, 5, 5, 5, 55, 55, 55 }
local page_max = { 32, 32, 32, 32, 32, 32, 16, 16, 16 }
local hash_at = { 4, 4, 4, 4, 4, 4, 2, 2, 2 }  -- within a meta row
local pages_limit = 60000
local new_header = string.rep('\0', 43)

-- The swarm in hand: its key, its header, the fields that were read (false when absent), and the
-- names of those that have changed; by the name of a page's keys, that of the page it was split into.
local swarm, header, fields, changed, split

local function take_up(key, its_header)
  swarm, header, fields, changed, split = key, its_header or new_header, {}, {}, {}
end

local function count_pages(class)
  local high, low = byte(header, 24 + 2 * class, 25 + 2 * class)
  return high * 256 + low
end

local function set_pages(class, count)
  header = sub(header, 1, 23 + 2 * class) .. pack('>H', count) .. sub(header, 26 + 2 * class)
end

-- Linear hashing: where a hash belongs among `count` pages, and the power of two below `count`.
local function page_of(count, hash)
  local half = 1
  while half * 2 <= count do half = half * 2 end
  local page = hash % (half * 2)
  if page >= count then page = page - half end
  return page, half
end

local function field_name(letters, class, page)
  return letters[class] .. char((page - page % 256) / 256, page % 256)
end

local function read(field)
  local value = fields[field]
  if value == nil then
    value = call('HGET', swarm, field)
    fields[field] = value
  end
  return value or ''
end

local function write(field, value)
  fields[field] = value
  changed[#changed + 1] = field
end

-- One row of a field, and the field without it: the last row takes its place.
local function row(rows, at, width)
  return sub(rows, at * width + 1, (at + 1) * width)
end

local function without(rows, at, width)
  local last, offset = #rows - width, at * width
  if offset == last then return sub(rows, 1, last) end
  return sub(rows, 1, offset) .. sub(rows, last + 1) .. sub(rows, offset + width + 1, last)
end

-- A class that has shrunk: its newest page goes back to where it came from.
local function contract(class)
  local last = count_pages(class) - 1
  local _, half = page_of(last, 0)
  for _, letters in ipairs({ key_letters, meta_letters }) do
    local from, to = field_name(letters, class, last), field_name(letters, class, last - half)
    write(to, read(to) .. read(from))
    write(from, false)
  end
  set_pages(class, last)
end

-- A class that has grown: the page whose turn it is gives about half of its rows to a new one.
local function expand(class)
  local count = count_pages(class)
  local _, half = page_of(count, 0)
  local from, to = count - half, count
  local width, bytes, at_hash = key_bytes[class], meta_bytes[class], hash_at[class]
  local keys, metas = read(field_name(key_letters, class, from)),
    read(field_name(meta_letters, class, from))
  local kept, kept_metas, gone, gone_metas = {}, {}, {}, {}
  for at = 0, #keys / width - 1 do
    local meta = row(metas, at, bytes)
    local stays = unpack_bytes('>H', meta, at_hash) % (half * 2) == from
    local into, into_metas = stays and kept or gone, stays and kept_metas or gone_metas
    into[#into + 1] = row(keys, at, width)
    into_metas[#into_metas + 1] = meta
  end
  write(field_name(key_letters, class, from), table.concat(kept))
  write(field_name(meta_letters, class, from), table.concat(kept_metas))
  write(field_name(key_letters, class, to), table.concat(gone))
  write(field_name(meta_letters, class, to), table.concat(gone_metas))
  split[field_name(key_letters, class, from)] = field_name(key_letters, class, to)
  set_pages(class, count + 1)
end

local function remove(class, page, at)
  local keys_name, metas_name =
    field_name(key_letters, class, page), field_name(meta_letters, class, page)
  local keys = without(read(keys_name), at, key_bytes[class])
  write(keys_name, keys)
  write(metas_name, without(read(metas_name), at, meta_bytes[class]))
  local count = count_pages(class)
  if count > 1 then
    if #keys / key_bytes[class] < page_max[class] / 4 then contract(class) end
  elseif keys == '' then
    write(keys_name, false)
    write(metas_name, false)
    set_pages(class, 0)
  end
end

local function insert(class, hash, keys, meta)
  if count_pages(class) == 0 then set_pages(class, 1) end
  local count = count_pages(class)
  local page = page_of(count, hash)
  local keys_name, metas_name =
    field_name(key_letters, class, page), field_name(meta_letters, class, page)
  local all = read(keys_name) .. keys
  write(keys_name, all)
  write(metas_name, read(metas_name) .. meta)
  if #all / key_bytes[class] > page_max[class] and count < pages_limit then expand(class) end
end

-- Counts `number` more (or, below zero, fewer) peers with such flags.
local function count_peer(flags, number)
  local seeders, leechers, partial, snatches, dormant = unpack_bytes('>IIIII', header, 2)
  if flags >= 8 then
    dormant = dormant + number
  elseif flags % 2 == 1 then
    seeders = seeders + number
  else
    leechers = leechers + number
    if flags % 4 >= 2 then partial = partial + number end
  end
  header = sub(header, 1, 1) .. pack('>IIIII', seeders, leechers, partial, snatches, dormant) ..
    sub(header, 22)
end

local function set_snatches(count)
  header = sub(header, 1, 13) .. pack('>I', count) .. sub(header, 18)
end

local function set_listed(due)
  header = sub(header, 1, 21) .. pack('>I', due) .. sub(header, 26)
end

local function is_empty()
  local seeders, leechers, _, _, dormant = unpack_bytes('>IIIII', header, 2)
  return seeders + leechers + dormant == 0
end

-- Writes what has changed, in one command. False when the swarm has gone with its last peer.
local function commit(before, is_purging)
  if is_purging and byte(header) == 0 and is_empty() then
    if before then call('DEL', swarm) end
    return false
  end
  local puts, cuts = { swarm }, { swarm }
  for _, field in ipairs(changed) do
    local value = fields[field]
    if value then
      puts[#puts + 1] = field
      puts[#puts + 1] = value
    elseif before then
      cuts[#cuts + 1] = field
    end
  end
  if header ~= before then
    puts[#puts + 1] = '.'
    puts[#puts + 1] = header
  end
  if #puts > 1 then call('HSET', spread(puts)) end
  if #cuts > 1 then call('HDEL', spread(cuts)) end
  return true
end
