-- A run of wrk for wrk.ts: GET of each path of a file in turn, or POST of a new user each time. wrk counts responses with
-- an error status; done() prints what wrk counted as JSON, after wrk's own report.

local count = 0
local paths = {}
local kind, token

function init(args)
  kind = args[1]
  token = args[3]
  wrk.headers["Authorization"] = "Bearer " .. token
  if kind == "get" then
    for line in io.lines(args[2]) do
      paths[#paths + 1] = line
    end
  else
    wrk.path = args[2]
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
  end
end

function request()
  count = count + 1
  if kind == "get" then
    return wrk.format(nil, paths[count % #paths + 1])
  end
  local number = string.format("%09.0f", count * 618033989 % 1000000000)
  local user = '{"firstName":"John","lastName":"Doe","contactEmail":"wrk-' .. number .. '@example.com"}'
  return wrk.format(nil, nil, nil, user)
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"failed":%d,"p50":%f,"p99":%f}\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
