-- Fills a case's open places for wrk, checks every status, and tells what came of it in one line of JSON.
-- Arguments: method, path, body, status, word, token, form of a product's key, products, stride.

local method, path, body, expected, word, key_form, products, stride
local number = 0
local headers = {}
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  method, path, body = arguments[1], arguments[2], arguments[3]
  expected, word, key_form = tonumber(arguments[4]), arguments[5], arguments[7]
  products, stride = tonumber(arguments[8]), tonumber(arguments[9])
  headers["Authorization"] = "Bearer " .. arguments[6]
  failures = 0
  unexpected = 0
  if body == "" then
    body = nil
  else
    headers["Content-Type"] = "application/json"
  end
  if not string.find(path, "{key}", 1, true) and not body then
    local always = wrk.format(method, path, headers)
    request = function() return always end
  end
end

function request()
  local key = string.format(key_form, number * stride % products + 1)
  local filled = body and string.gsub(body, "{unique}", word .. "-" .. number)
  number = number + 1
  return wrk.format(method, (string.gsub(path, "{key}", key)), headers, filled)
end

function response(status)
  if status ~= expected then
    failures = failures + 1
    unexpected = status
  end
end

function done(summary, latency)
  local errors = summary.errors
  local unexpected = 0
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  for _, thread in ipairs(threads) do
    failed = failed + thread:get("failures")
    unexpected = math.max(unexpected, thread:get("unexpected"))
  end
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"failures":%d,"unexpected":%d,"p50_milliseconds":%.3f,"p99_milliseconds":%.3f}\n',
    summary.requests, summary.duration / 1e6, failed, unexpected, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
