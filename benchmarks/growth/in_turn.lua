-- Asks for one record after another, as one caller after another; tells what came of it in one line of JSON.
-- Arguments: path, rows, stride, where to begin, file of tokens.

local path, rows, stride, number
local tokens = {}
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  path, rows, stride, number = arguments[1], tonumber(arguments[2]), tonumber(arguments[3]), tonumber(arguments[4])
  for line in io.lines(arguments[5]) do
    table.insert(tokens, line)
  end
  failures = 0
  unexpected = 0
end

function request()
  local key = string.format("00000000-0000-7000-8000-%012x", number * stride % rows + 1)
  local token = tokens[number % #tokens + 1]
  number = number + 1
  return wrk.format("GET", (string.gsub(path, "{key}", key)), { ["Authorization"] = "Bearer " .. token })
end

function response(status)
  if status ~= 200 then
    failures = failures + 1
    unexpected = status
  end
end

function done(summary, latency)
  local errors = summary.errors
  local unexpected = 0
  local failed = 0
  local unanswered = errors.connect + errors.read + errors.write + errors.timeout
  for _, thread in ipairs(threads) do
    failed = failed + thread:get("failures")
    unexpected = math.max(unexpected, thread:get("unexpected"))
  end
  io.write(string.format(
    '{"requests":%d,"failures":%d,"unexpected":%d,"unanswered":%d}\n',
    summary.requests, failed + unanswered, unexpected, unanswered
  ))
end
