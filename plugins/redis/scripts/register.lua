-- Makes sure that KEYS[1] has at least ARGV[1] snatches. ARGV[2]: "register" makes the swarm and keeps
-- it while it is empty, "create" makes it, anything else leaves a swarm alone that is not there.
-- Returns 1 when the swarm is new, else 0.

local before = call('HGET', KEYS[1], '.')
local is_registering = ARGV[2] == 'register'
if not before and not is_registering and ARGV[2] ~= 'create' then return 0 end
take_up(KEYS[1], before)
if is_registering then
  header = '\1' .. sub(header, 2)
  call('PERSIST', swarm)
end
local snatches = tonumber(ARGV[1])
if unpack_bytes('>I', header, 14) < snatches then set_snatches(snatches) end
commit(before, false)
return before and 0 or 1
