-- Looks through some pages of KEYS[1] for peers that fell silent, and for those of erased users.
--
-- ARGV[1]  numbers: see unpack below
-- ARGV[2]  users to forget without a word, eight bytes each
--
-- Returns  {state, counts before, when to look again, where to go on, expired members...}

-- pages: how many to look at; class and page: where to begin; again: when those seen before may have
-- to go, 0 where this call is the first
local now, tick, life, memory, ttl, is_purging, pages, class, page, again =
  unpack_bytes('>IHIIIBHBHI', ARGV[1])
local erased = {}
for at = 1, #ARGV[2], 8 do erased[sub(ARGV[2], at, at + 7)] = true end

local before = call('HGET', KEYS[1], '.')
local is_forgetting = ARGV[2] ~= ''
if not before then return { '', '', 0, '' } end
-- Listed for later: what led here is a line of a list that has been written twice.
local is_early = class == 1 and page == 0 and unpack_bytes('>I', before, 22) > now + 8
if is_early and not is_forgetting then return { '', '', 0, '' } end
take_up(KEYS[1], before)
local silent_after = life * 4
-- When the first of those that stay may have to go; no list is longer.
if again == 0 then again = now + 8000 end
local answer = { '', '', 0, '' }

-- Of a plain row: does it stay?
local function look_at_plain(metas, at)
  local last_tick = unpack_bytes('>H', metas, at * 5 + 1)
  local age = (tick - last_tick) % 65536
  if age > 65000 then age = 0 end
  if age > life then return false end
  local until_then = now + (life - age + 1) * 4
  if until_then < again then again = until_then end
  return true
end

-- Of a member: its row as it is from now on (nil when it goes), and whether it is dormant now.
local function look_at_member(keys, meta)
  if erased[sub(keys, 1, 8)] then return nil end
  local flags, hash, tick4, tick6 = unpack_bytes('>BHHH', meta)
  local last = unpack_bytes('>I', meta, 44)
  local has_account = sub(keys, 1, 8) ~= '\0\0\0\0\0\0\0\0'
  if flags < 8 and now - last > silent_after then
    if not has_account then return nil end
    answer[#answer + 1] = keys .. meta
    if now - last > memory or memory <= silent_after then return nil end
    again = math.min(again, last + memory + 1)
    return sub(keys, 1, 28) .. string.rep('\0', 24), char(flags + 8) .. sub(meta, 2), true
  end
  if flags >= 8 then
    if now - last > memory then return nil end
    again = math.min(again, last + memory + 1)
    return keys, meta
  end
  -- An address of a family that it has not named for a lifetime.
  local ipv4, ipv6 = sub(keys, 29, 34), sub(keys, 35)
  local age4, age6 = (tick - tick4) % 65536, (tick - tick6) % 65536
  if age4 > life and age4 < 65000 then ipv4 = string.rep('\0', 6) end
  if age6 > life and age6 < 65000 then ipv6 = string.rep('\0', 18) end
  again = math.min(again, last + silent_after + 1)
  return sub(keys, 1, 28) .. ipv4 .. ipv6, meta
end

local function sweep_page()
  local keys_name, metas_name =
    field_name(key_letters, class, page), field_name(meta_letters, class, page)
  local width, bytes = key_bytes[class], meta_bytes[class]
  local keys, metas = read(keys_name), read(metas_name)
  local kept, kept_metas, has_changed = {}, {}, false
  for at = 0, #keys / width - 1 do
    local its_keys, its_meta = row(keys, at, width), row(metas, at, bytes)
    local new_keys, new_meta, is_dormant = its_keys, its_meta, false
    if class < 7 then
      if not look_at_plain(metas, at) then new_keys = nil end
    else
      new_keys, new_meta, is_dormant = look_at_member(its_keys, its_meta)
    end
    if new_keys ~= its_keys or is_dormant then
      has_changed = true
      if not new_keys or is_dormant then
        count_peer(byte(its_meta, class < 7 and 3 or 1), -1)
      end
      if is_dormant then count_peer(8, 1) end
    end
    if is_dormant and class < 9 then
      insert(9, (unpack_bytes('>H', its_meta, 2)), new_keys, new_meta)
    elseif new_keys then
      kept[#kept + 1] = new_keys
      kept_metas[#kept_metas + 1] = new_meta
    end
  end
  if has_changed then
    write(keys_name, table.concat(kept))
    write(metas_name, table.concat(kept_metas))
  end
  return #kept
end

-- Gives back pages that a class has no use for any more, as its last pages seen let expect: `rows` of
-- them on `seen`. A hundred at a time: a millisecond.
local function tidy(rows, seen)
  local count = count_pages(class)
  local expected, fewest = rows / seen * count, math.max(count - 100, 1)
  while count > fewest and expected / count < page_max[class] / 4 do
    contract(class)
    count = count_pages(class)
  end
  if count == 1 and read(field_name(key_letters, class, 0)) == '' then
    write(field_name(key_letters, class, 0), false)
    write(field_name(meta_letters, class, 0), false)
    set_pages(class, 0)
  end
end

local first = page
local rows = 0
while class < 10 and (pages > 0 or page >= count_pages(class)) do
  if page < count_pages(class) then
    rows = rows + sweep_page()
    page = page + 1
    pages = pages - 1
  else
    -- Pages are merged only when all have been seen: what a merge moves would be overlooked.
    if page > first then tidy(rows, page - first) end
    class, page, first, rows = class + 1, 0, 0, 0
  end
end

local is_over = class > 9
local is_gone = is_over and is_purging == 1 and byte(header) == 0 and is_empty()
if is_over then again = is_empty() and 0 or math.max(again, now + 30) end
if is_over and not is_forgetting then set_listed(again) end
answer[1] = char(commit(before, is_gone) and 0 or 2) .. sub(header, 2, 17)
if is_over and not is_gone and ttl > 0 and byte(header) == 0 then call('EXPIRE', swarm, ttl) end
answer[2] = sub(before, 2, 9)
answer[3] = is_over and again or 0
answer[4] = is_over and '' or pack('>BHI', class, page, again)
return answer
