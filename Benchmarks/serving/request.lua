-- wrk script: sends what the environment describes (METHOD, and for a POST the file BODY and its content TYPE), and ends
-- with one line of exact numbers, where wrk's own summary is rounded.
wrk.method = os.getenv("METHOD")
local path = os.getenv("BODY")
if path then
    local file = assert(io.open(path, "rb"))
    wrk.body = file:read("*a")
    wrk.headers["Content-Type"] = os.getenv("TYPE")
    file:close()
end
if os.getenv("INFERENCE_HEADER") then
    wrk.headers["Inference-Header-Content-Length"] = os.getenv("INFERENCE_HEADER")
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("numbers %d %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), latency.max, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
