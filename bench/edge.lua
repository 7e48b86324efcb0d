-- What wrk sends for bench/edge: so many requests with rows of ids that no other request has.
--
--     wrk --threads 1 ... URL -- REQUESTS ROWS EVERY_BAD     with API_KEY; EVERY_BAD 0 is never
--
-- It ends once every request is answered, so that the rows in the database can be counted. The last
-- line that it prints is JSON.

local ffi = require("ffi")
ffi.cdef("int getpid(void); int kill(int pid, int signal);")

local SIGINT = 2
local HOUR = 3600 * 1000

local GOOD = ',"name":"Rune Kestward","datetime":"2021-02-16T16:08:38Z","department_id":2,"job_id":118}'
-- Each bad in its own way.
local BAD = {
  ',"name":null,"datetime":"2021-02-16T16:08:38Z","department_id":2,"job_id":118}',
  ',"name":"Rune Kestward","datetime":"2021-02-16T16:08:38","department_id":2,"job_id":118}',
  ',"name":"Rune Kestward","datetime":"2021-02-16T16:08:38Z","department_id":"2","job_id":118}',
}

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  requests, rows, every_bad = unpack(arguments)
  requests, rows, every_bad = tonumber(requests), tonumber(rows), tonumber(every_bad)
  headers = { ["content-type"] = "application/json", ["x-api-key"] = os.getenv("API_KEY") }
  sent, answered, good, bad, statuses = 0, 0, 0, 0, ""
  counts = {}
end

-- Asked before each request: a connection for which none is left waits until the end.
function delay()
  if sent >= requests then return HOUR end
  sent = sent + 1
  return 0
end

function request()
  local pieces = {}
  for row = 1, rows do
    pieces[row] = '{"id":' .. good + bad + 1 .. next_row()
  end
  -- wrk makes one request that it does not send, before any other.
  if sent == 0 then good, bad = 0, 0 end
  return wrk.format("POST", nil, headers, "[" .. table.concat(pieces, ",") .. "]")
end

function next_row()
  if every_bad > 0 and (good + bad) % every_bad == every_bad - 1 then
    bad = bad + 1
    return BAD[bad % #BAD + 1]
  end
  good = good + 1
  return GOOD
end

function response(status)
  answered = answered + 1
  counts[status] = (counts[status] or 0) + 1
  if answered < requests then return end
  local list = {}
  for status, count in pairs(counts) do
    table.insert(list, ('"%d":%d'):format(status, count))
  end
  statuses = table.concat(list, ",")
  -- wrk would go on to the end of its time.
  ffi.C.kill(ffi.C.getpid(), SIGINT)
end

function done(summary, latency)
  local thread = threads[1]
  print(
    ('\n{"seconds":%f,"p50":%f,"p99":%f,"answered":%d,"good":%d,"bad":%d,"statuses":{%s}}'):format(
      summary.duration / 1e6,
      latency:percentile(50) / 1e6,
      latency:percentile(99) / 1e6,
      thread:get("answered"),
      thread:get("good"),
      thread:get("bad"),
      thread:get("statuses")
    )
  )
end
