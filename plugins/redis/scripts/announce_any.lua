-- Any announce, whatever has to change for it. Made only when the first of a call needs it.

-- The number of the row of `needle` in `keys`, from 0. Member rows of no account are found by what
-- follows their user and peer id, and only where there is no user.
local function find_row(keys, needle, column, width)
  local from = column + 1
  while true do
    local hit = find(keys, needle, from, true)
    if not hit then return nil end
    local offset = hit - 1 - column
    if offset % width == 0 and
      (column == 0 or sub(keys, offset + 1, offset + 8) == '\0\0\0\0\0\0\0\0') then
      return offset / width
    end
    from = hit + 1
  end
end

-- How many rows a page of `class` may be expected to have: what announce_plan.cpp reckons as well.
local function usual_rows(class)
  local role = (class - 1) % 3
  local room = 32 * (count_pages(role + 1) + count_pages(role + 4)) + 16 * count_pages(role + 7)
  local peers = unpack_bytes('>I', header, role == 0 and 2 or 6)
  return math.max(peers * page_max[class] / room, 1)
end

-- Puts the names of pages of `class` that hold about `want` rows, picked at random, onto `names`,
-- and their class onto `classes`, at the same place.
local function plan(names, classes, class, want, dice)
  local count = count_pages(class)
  if count == 0 then return end
  local usual = usual_rows(class)
  -- Where there are few, all are shown: pages that differ in size would not be fair.
  local picks = math.max(math.ceil((want * 1.4 + 6) / usual), class > 6 and 4 or 2)
  if usual * count <= 128 then picks = count end
  picks = math.min(picks, count, 40)
  local _, half = page_of(count, 0)
  local seen = {}
  for pick = 0, picks - 1 do
    local page = pick
    if picks < count then
      dice = dice * 16807 % 2147483647
      page = math.floor((pick + dice / 2147483647) * half * 2 / picks)
      if page >= count then page = page - half end
      while seen[page] do page = (page + 1) % count end
      seen[page] = true
    end
    names[#names + 1] = field_name(key_letters, class, page)
    classes[#names] = class
  end
end

-- A peer's row, wherever it is: class, page, number.
local function search(hash, is_account, keys, class)
  local endpoint, needle, column = keys, keys, 28
  local first = class <= 3 and 1 or 4
  if is_account then
    needle, column, first = sub(keys, 1, 28), 0, 7
  elseif class > 6 then
    first, endpoint = 1, sub(keys, 29, 34)
    needle = endpoint
    if endpoint == '\0\0\0\0\0\0' then
      first, endpoint, needle = 4, sub(keys, 35), sub(keys, 29)
    end
  elseif first == 4 then
    needle = '\0\0\0\0\0\0' .. endpoint
  end
  for class = first, 9 do
    local count = count_pages(class)
    if count > 0 and (class < first + 3 or class > 6) then
      local page = page_of(count, hash)
      local rows = read(field_name(key_letters, class, page))
      local at
      if class > 6 then
        at = find_row(rows, needle, column, 52)
      else
        at = find_row(rows, endpoint, 0, key_bytes[class])
      end
      if at then return class, page, at end
    end
  end
end

-- A member's row as it will be, from what was asked and from what was known (nil when nothing was).
-- An address that is not named now is kept for as long as it has itself been named of late.
local function member(request, keys, old_keys, old_meta)
  local ipv4, ipv6, tick4, tick6 = sub(keys, 29, 34), sub(keys, 35), request.tick, request.tick
  local first, last, announces = request.last, request.last, 1
  if old_meta then
    local _, _, old_tick4, old_tick6 = unpack_bytes('>BHHH', old_meta)
    if ipv4 == '\0\0\0\0\0\0' and (tick4 - old_tick4) % 65536 <= request.life then
      ipv4, tick4 = sub(old_keys, 29, 34), old_tick4
    end
    if byte(ipv6, 17) == 0 and byte(ipv6, 18) == 0 and
      (tick6 - old_tick6) % 65536 <= request.life then
      ipv6, tick6 = sub(old_keys, 35), old_tick6
    end
    if not request.is_new_stay then
      first, _, announces = unpack_bytes('>III', old_meta, 40)
      announces = announces + 1
    end
  end
  local times = sub(request.books, 37)
  if times == '' then times = pack('>III', first, last, announces) end
  return sub(keys, 1, 28) .. ipv4 .. ipv6,
    pack('>BHHH', request.flags, request.hash, tick4, tick6) .. sub(request.books, 1, 32) .. times ..
    sub(request.books, 33, 36)
end

-- What was known of a peer, as its history, its flags, and whether that still counts.
local function remember(class, meta, request)
  if class > 6 then
    local flags, last = byte(meta), unpack_bytes('>I', meta, 44)
    local limit = request.memory
    if not request.is_account then limit = request.life * 4 + 4 end
    return sub(meta, 1, 1) .. sub(meta, 8, 51), flags, request.now - last <= limit, last
  end
  local tick, flags = unpack_bytes('>HB', meta)
  local age = (request.tick - tick) % 65536
  return sub(meta, 3, 3), flags, age <= request.life or age > 65000, nil
end

-- Is what is known as recent as what is to be taken in? Of one that is current, more recent?
local function is_older(request, class, meta)
  local tick, step = unpack_bytes('>H', meta), request.is_current and 1 or 0
  if class > 6 then
    local last = unpack_bytes('>I', meta, 44)
    if request.class > 6 then return request.last + step <= last end
    tick = math.floor(last / 4)
  end
  return (tick - request.tick - step) % 65536 < 32768 - step
end

local function replace(field, at, new)
  local rows, offset = read(field), at * #new
  if sub(rows, offset + 1, offset + #new) ~= new then
    write(field, sub(rows, 1, offset) .. new .. sub(rows, offset + #new + 1))
  end
end

local function announce(request)
  local class, hash, keys = request.class, request.hash, request.keys
  local old, page, at = search(hash, request.is_account, keys, class)
  local history, old_flags, is_known, old_keys, meta = '', nil, false, nil, nil
  if old then
    local all, bytes, width = read(field_name(meta_letters, old, page)), meta_bytes[old], key_bytes[old]
    meta = row(all, at, bytes)
    old_keys = row(read(field_name(key_letters, old, page)), at, width)
    history, old_flags, is_known = remember(old, meta, request)
    if not is_known then history = '' end
  end
  if request.is_stopping then
    if old then
      remove(old, page, at)
      count_peer(old_flags, -1)
    end
    return history
  end
  if request.is_taken_in and old and
    (is_older(request, old, meta) or request.flags >= 8 and old_flags < 8) then
    return history
  end
  local new_keys, new_meta
  if class < 7 and old and old > 6 and
    (request.tick - unpack_bytes('>H', meta, 6)) % 65536 <= request.life and class < 4 then
    -- It named two addresses before: it stays a member until the other one is over.
    class, keys = class + 6, string.rep('\0', 28) .. keys .. string.rep('\0', 18)
    request.books = string.rep('\0', 36)
  end
  if class > 6 then
    local is_member = old and old > 6
    new_keys, new_meta = member(request, keys, is_member and old_keys, is_member and is_known and meta)
  else
    new_keys, new_meta = keys, pack('>HBH', request.tick, request.flags, hash)
  end
  if old == class then
    replace(field_name(key_letters, class, page), at, new_keys)
    replace(field_name(meta_letters, class, page), at, new_meta)
  else
    if old then remove(old, page, at) end
    insert(class, hash, new_keys, new_meta)
  end
  if old_flags ~= request.flags then
    if old then count_peer(old_flags, -1) end
    count_peer(request.flags, 1)
  end
  if request.is_snatch and not (is_known and old_flags % 2 == 1) then
    set_snatches(unpack_bytes('>I', header, 14) + 1)
  end
  return history, class > 6 and sub(new_keys, 29) or ''
end

-- Everything but the usual case.
local function announce_any(key, packed, before)
  local _, tick, life, flags, class, now, memory, ops, hash, want4, want6, dice, due, ttl =
    unpack_bytes('>BHIBBIIBHBBIII', packed)
  local request = {
    now = now, tick = tick, life = life, memory = memory, flags = flags, class = class, hash = hash,
    due = due, ttl = ttl,
    is_stopping = ops % 2 >= 1, is_snatch = ops % 4 >= 2, is_new_stay = ops % 8 >= 4,
    is_account = ops % 16 >= 8, is_purging = ops % 32 >= 16, is_taken_in = ops % 64 >= 32,
    is_current = ops >= 128,
    keys = sub(packed, 53, 52 + key_bytes[class])
  }
  request.books = sub(packed, 105, request.is_taken_in and 152 or 140)
  request.last = now
  if request.is_taken_in then
    -- To the second where the row keeps it so, else when its tick began.
    local ahead = (tick - math.floor(now / 4) + 32768) % 65536 - 32768
    request.last = class > 6 and unpack_bytes('>I', request.books, 41) or now + ahead * 4
  end
  take_up(key, before)
  local names, classes = { swarm }, {}
  if want4 + want6 > 0 and not request.is_stopping then
    local start = ops % 128 >= 64 and 2 or 1
    for class = start, 2 do
      if want4 > 0 then plan(names, classes, class, want4, dice + 1) end
      if want6 > 0 then plan(names, classes, class + 3, want6, dice + 2) end
      plan(names, classes, class + 6, want4 > want6 and want4 or want6, dice + 3)
    end
  end
  local shown = #names
  local count = count_pages(class)
  if count > 0 then
    local page = page_of(count, hash)
    names[#names + 1] = field_name(key_letters, class, page)
    names[#names + 1] = field_name(meta_letters, class, page)
  end
  if #names > 1 then
    local got = call('HMGET', spread(names))
    for n = 1, #got do fields[names[n + 1]] = got[n] end
  end
  local answer = { '', '', '' }
  if before or not request.is_stopping then
    local ends
    answer[2], ends = announce(request)
    -- Of one that is taken in, at least so many.
    if request.is_taken_in and dice > unpack_bytes('>I', header, 14) then set_snatches(dice) end
    local state = before and 8 or 9
    -- Not listed, or listed and forgotten; or somebody was taken in who may go before that.
    local listed = unpack_bytes('>I', header, 22)
    if not is_empty() and (listed + 180 < now or request.is_taken_in and listed > due) then
      set_listed(due)
      state = state + 4
    end
    if not commit(before, request.is_purging) then
      state = before and 10 or 8
    elseif state >= 12 and byte(header) == 0 and ttl > 0 then
      call('EXPIRE', swarm, ttl)
    end
    answer[1] = char(state) .. sub(header, 2, 17)
    answer[3] = sub(before or new_header, 2, 9) .. sub(header, 26) .. (ends or '')
  end
  for n = 2, shown do
    local its_name = names[n]
    while its_name do
      answer[#answer + 1] = classes[n]
      answer[#answer + 1] = fields[its_name] or ''
      its_name = split[its_name]
    end
  end
  return answer
end

