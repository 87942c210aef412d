-- peer.lua NAME REPEATS: times NAME.lua warm and prints one JSON line, as limn-bench does.
local folder = arg[0]:match("^(.*)/") or "."
local run = dofile(folder .. "/" .. arg[1] .. ".lua")
local value, seconds = run(), {}
for i = 1, tonumber(arg[2]) do
  collectgarbage()
  local start = os.clock()
  run()
  seconds[i] = os.clock() - start
end
print(string.format('{"job": "%s", "value": %d, "best_cpu_s": %.6f, "all_cpu_s": [%s]}', arg[1], value,
  math.min(table.unpack(seconds)), table.concat(seconds, ", ")))
