-- Announces: KEYS[i] is a swarm, ARGV[i] what is asked of it: numbers, the peer, and at the end the names
-- of as many fields as the first byte says, three bytes each: the peer's page (keys, metas), then
-- pages of peers to choose from. Answers one array for each; announce_answer.cpp reads them.
--
-- The tracker plans by the shape it last saw the swarm in. Where the plan is right, and the peer is
-- known, where it was and what it was, this is all there is to do: read those fields, write one.
-- Anything else is for announce_any, which is not even made unless it is needed. A swarm that nobody
-- can make sense of is an error in place of that one answer: the others have been carried out.

local call, sub, find, match, rep = redis.call, string.sub, string.find, string.match, string.rep
local byte, char, unpack_bytes, pack = string.byte, string.char, struct.unpack, struct.pack
local try = redis.pcall
local small, larger = rep('\0\1', 9), '[^%z\1]'
local captures = {}  -- patterns that take so many names apart
local announce_any
local answers = {}

-- What Lua stumbles over lies in the swarm, and nothing of it has been written yet; what Redis itself
-- refuses concerns all.
local function attempt(...)
  local is_done, answer = pcall(...)
  if is_done then return answer end
  if type(answer) == 'string' and (find(answer, 'bad argument') or find(answer, 'attempt to')) then
    return { err = 'ERR a swarm is not as it must be: ' .. answer }
  end
  error(answer, 0)
end

for i = 1, #KEYS do
  local swarm, request = KEYS[i], ARGV[i]
  local planned, tick, life, flags, class = unpack_bytes('>BHIBB', request)
  local names_at = #request - 3 * planned + 1
  local got
  if planned > 0 then
    local pattern = captures[planned]
    if not pattern then
      pattern = '^' .. rep('(...)', planned)
      captures[planned] = pattern
    end
    got = try('HMGET', swarm, '.', match(request, pattern, names_at))
  else
    got = try('HMGET', swarm, '.')
  end
  local header, keys, metas = got[1], got[2], got[3]
  -- What was taken for small may lack some pages, but must not have more.
  local is_planned_right = false
  if keys and metas and #header == 43 then
    local shape, planned_shape = sub(header, 26), sub(request, 35, 52)
    is_planned_right = shape == planned_shape or planned_shape == small and not find(shape, larger)
  end
  if is_planned_right and class < 7 then
    local who = class < 4 and sub(request, 53, 58) or sub(request, 53, 70)
    local width = #who
    local hit = find(keys, who, 1, true)
    while hit and (hit - 1) % width ~= 0 do hit = find(keys, who, hit + 1, true) end
    if hit and #metas * width == #keys * 5 then
      local offset = (hit - 1) / width * 5
      local last_tick, last_flags = unpack_bytes('>HB', metas, offset + 1)
      if last_flags == flags and (tick - last_tick) % 65536 <= life then
        if last_tick ~= tick then
          call('HSET', swarm, sub(request, names_at + 3, names_at + 5),
            sub(metas, 1, offset) .. pack('>H', tick) .. sub(metas, offset + 3))
        end
        got[1], got[2], got[3] = sub(header, 1, 17), char(flags), false
        answers[i] = got
      end
    end
  elseif is_planned_right then
    -- An account's client at the addresses it had.
    local row = sub(request, 53, 104)
    local hit = find(keys, row, 1, true)
    while hit and (hit - 1) % 52 ~= 0 do hit = find(keys, row, hit + 1, true) end
    if hit and #metas * 52 == #keys * 55 then
      local offset = (hit - 1) / 52 * 55
      local old = sub(metas, offset + 1, offset + 55)
      local now, last_flags = unpack_bytes('>I', request, 10), byte(old)
      local last, announces = unpack_bytes('>II', old, 44)
      if last_flags == flags and last <= now and now - last <= life * 4 then
        local meta_name = sub(request, names_at + 3, names_at + 5)
        call('HSET', swarm, meta_name, sub(metas, 1, offset) .. sub(old, 1, 3) ..
          pack('>HH', tick, tick) .. sub(request, 105, 136) .. sub(old, 40, 43) ..
          pack('>II', now, announces + 1) .. sub(request, 137, 140) .. sub(metas, offset + 56))
        got[1], got[2], got[3] = sub(header, 1, 17), sub(old, 1, 1) .. sub(old, 8, 51), false
        answers[i] = got
      end
    end
  end
  if not answers[i] then
    announce_any = announce_any or make_announce_any()
    answers[i] = got.err and got or attempt(announce_any, swarm, request, header)
  end
end
return answers
