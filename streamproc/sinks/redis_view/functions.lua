#!lua name=@LIBRARY@
-- Fenced writes of the Redis view: what is older than what is held changes nothing.
-- Each function touches one slot. A number of 53 bits is a double and stays exact.
-- @LIBRARY@ and the functions' names hold a digest of this file, so that two releases can run side by side.

local function is_older(version, as_of_ms, held_version, held_as_of_ms)
  if not held_version then
    return false
  end
  local told, held = tonumber(version), tonumber(held_version)
  if told ~= held then
    return told < held
  end
  return tonumber(as_of_ms) < tonumber(held_as_of_ms or '0')
end

-- so many arguments fit on Lua's stack in one call
local MOST = 1000

local function in_pieces(command, key, values)
  for first = 1, #values, MOST do
    redis.call(command, key, unpack(values, first, math.min(first + MOST - 1, #values)))
  end
end

-- keys: live, curves..; args: version, as_of_ms, partition, ttl_s, tally, and per curve: how many minutes,
-- then minute and value of each
local function put(keys, args)
  local held = redis.call('HMGET', keys[1], 'version', 'as_of_ms')
  if is_older(args[1], args[2], held[1], held[2]) then
    return 0
  end
  redis.call('HSET', keys[1], 'version', args[1], 'as_of_ms', args[2], 'partition', args[3], 'tally', args[5])
  redis.call('EXPIRE', keys[1], args[4])
  local at = 6
  for curve = 2, #keys do
    local values = {}
    for place = at + 1, at + 2 * tonumber(args[at]) do
      values[#values + 1] = args[place]
    end
    at = at + 1 + #values
    in_pieces('HSET', keys[curve], values)
    redis.call('HSET', keys[curve], '_v', args[1])
    redis.call('EXPIRE', keys[curve], args[4])
  end
  return 1
end

-- keys: live; args: version, partition, ttl_s. The fence stays for a while, without a tally.
local function remove(keys, args)
  local held = redis.call('HMGET', keys[1], 'version', 'as_of_ms')
  if held[1] and tonumber(args[1]) < tonumber(held[1]) then
    return 0
  end
  redis.call('HSET', keys[1], 'version', args[1], 'as_of_ms', held[2] or '0', 'partition', args[2])
  redis.call('HDEL', keys[1], 'tally')
  redis.call('EXPIRE', keys[1], args[3])
  return 1
end

-- keys: hosts, versions, seen, boards..; args: how many hosts a board holds, rows as JSON, now_ms.
-- A row: host, version, as_of_ms, and one number or null for each board.
local function rows(keys, args)
  local taken, adds, removes = 0, {}, {}
  for board = 4, #keys do
    adds[board], removes[board] = {}, {}
  end
  for _, row in ipairs(cjson.decode(args[2])) do
    local host = row[1]
    local version, as_of_ms = string.format('%.0f', row[2]), string.format('%.0f', row[3])
    local held = redis.call('HGET', keys[2], host)
    if not is_older(version, as_of_ms, held, redis.call('ZSCORE', keys[1], host)) then
      taken = taken + 1
      redis.call('HSET', keys[2], host, version)
      redis.call('ZADD', keys[1], as_of_ms, host)
      redis.call('ZADD', keys[3], args[3], host)
      for board = 4, #keys do
        local value = row[board]
        if value == nil or value == cjson.null then
          table.insert(removes[board], host)
        else
          table.insert(adds[board], string.format('%.17g', value))
          table.insert(adds[board], host)
        end
      end
    end
  end
  for board = 4, #keys do
    in_pieces('ZADD', keys[board], adds[board])
    in_pieces('ZREM', keys[board], removes[board])
    redis.call('ZREMRANGEBYRANK', keys[board], 0, -(tonumber(args[1]) + 1))
  end
  return taken
end

local function leave(keys, host)
  redis.call('ZREM', keys[1], host)
  for board = 4, #keys do
    redis.call('ZREM', keys[board], host)
  end
end

-- keys as of rows; args: host, version, now_ms
local function drop_row(keys, args)
  local held = redis.call('HGET', keys[2], args[1])
  if held and tonumber(args[2]) < tonumber(held) then
    return 0
  end
  redis.call('HSET', keys[2], args[1], args[2])
  redis.call('ZADD', keys[3], args[3], args[1])
  leave(keys, args[1])
  return 1
end

-- keys as of rows; args: hosts written last before this are forgotten, ttl_s, at most so many
local function sweep(keys, args)
  local old = redis.call('ZRANGEBYSCORE', keys[3], '-inf', '(' .. args[1], 'LIMIT', 0, args[3])
  for _, host in ipairs(old) do
    leave(keys, host)
    redis.call('HDEL', keys[2], host)
    redis.call('ZREM', keys[3], host)
  end
  for _, key in ipairs(keys) do
    redis.call('EXPIRE', key, args[2])
  end
  return #old
end

local function drop_resolved(key, before_ms)
  local held, dropped = redis.call('HGETALL', key), 0
  for at = 1, #held, 2 do
    if held[at] ~= '_v' then
      local alert = cjson.decode(held[at + 1])
      if alert.phase == 'resolved' and alert.at_ms < tonumber(before_ms) then
        redis.call('HDEL', key, held[at])
        dropped = dropped + 1
      end
    end
  end
  return dropped
end

-- keys: alerts of a host; args: version, alert_id, seq, alert as JSON, ttl_s, resolved ones before this go
local function put_alert(keys, args)
  local fence = redis.call('HGET', keys[1], '_v')
  if fence and tonumber(args[1]) < tonumber(fence) then
    return 0
  end
  local held = redis.call('HGET', keys[1], args[2])
  if held and cjson.decode(held).seq > tonumber(args[3]) then
    return 0
  end
  redis.call('HSET', keys[1], args[2], args[4], '_v', args[1])
  redis.call('EXPIRE', keys[1], args[5])
  drop_resolved(keys[1], args[6])
  return 1
end

-- keys: alerts of a host; args: resolved ones before this go
local function sweep_alerts(keys, args)
  return drop_resolved(keys[1], args[1])
end

-- keys: open alerts, their seqs, resolved ones; args: member, seq, opened_ms, resolved_ms or '', resolved ones
-- before this are forgotten, ttl_s
local function index_alert(keys, args)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', keys[3], '-inf', '(' .. args[5], 'LIMIT', 0, 100)) do
    redis.call('ZREM', keys[3], member)
    redis.call('HDEL', keys[2], member)
  end
  local held = redis.call('HGET', keys[2], args[1])
  if held and tonumber(held) > tonumber(args[2]) then
    return 0
  end
  redis.call('HSET', keys[2], args[1], args[2])
  if args[4] == '' then
    redis.call('ZADD', keys[1], args[3], args[1])
    redis.call('ZREM', keys[3], args[1])
  else
    redis.call('ZREM', keys[1], args[1])
    redis.call('ZADD', keys[3], args[4], args[1])
  end
  for _, key in ipairs(keys) do
    redis.call('EXPIRE', key, args[6])
  end
  return 1
end

-- keys: epoch of a partition; args: version, epoch as JSON, ttl_s. What stood there, or 0: a newer owner does.
local function beat(keys, args)
  local held = redis.call('GET', keys[1])
  if held and cjson.decode(held).version > tonumber(args[1]) then
    return 0
  end
  redis.call('SET', keys[1], args[2], 'EX', args[3])
  return held or ''
end

-- Refused whenever a write would be: what an open breaker tries first.
local function probe()
  return '@LIBRARY@'
end

redis.register_function('@LIBRARY@_put', put)
redis.register_function('@LIBRARY@_remove', remove)
redis.register_function('@LIBRARY@_rows', rows)
redis.register_function('@LIBRARY@_drop_row', drop_row)
redis.register_function('@LIBRARY@_sweep', sweep)
redis.register_function('@LIBRARY@_put_alert', put_alert)
redis.register_function('@LIBRARY@_sweep_alerts', sweep_alerts)
redis.register_function('@LIBRARY@_index_alert', index_alert)
redis.register_function('@LIBRARY@_beat', beat)
redis.register_function('@LIBRARY@_probe', probe)
