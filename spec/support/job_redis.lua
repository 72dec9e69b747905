--- What specs do with jobs in a Redis server of theirs (see redis_server.lua).

local job_redis = {}

--- The name of a key of a job.
function job_redis.key(store, job, name)
  return ("{%s:%s}:%s"):format(store:match "prefix=(.*)", job, name)
end

--- Redis counts how long each row has been held: says that it was long enough.
-- @param program  whose rows; or nil: all
function job_redis.pass_leases(server, store, job, program)
  local rows = job_redis.key(store, job, "rows")
  local consumer = program and server:ask("XINFO", "CONSUMERS", rows, "workers")
    :match("%S+:" .. program.pid .. ":%d+")
  if program and not consumer then return end
  for id in server:ask("XPENDING", rows, "workers", "-", "+", 1000, consumer):gmatch "%d+%-0" do
    server:ask("XCLAIM", rows, "workers", "nobody", 0, id, "IDLE", 10000000, "JUSTID")
  end
end

return job_redis
