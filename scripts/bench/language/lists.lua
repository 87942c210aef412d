local function map(xs, f)
  local result = {}
  for i = 1, #xs do result[i] = f(xs[i]) end
  return result
end

local function filter(xs, f)
  local result = {}
  for i = 1, #xs do
    if f(xs[i]) then result[#result + 1] = xs[i] end
  end
  return result
end

return function()
  local numbers = {}
  for i = 0, 299999 do numbers[i + 1] = i * 7919 % 1000003 end
  local odd = filter(map(numbers, function(x) return x * 3 % 1000003 end), function(x) return x % 2 == 1 end)
  local rising = table.move(odd, 1, #odd, 1, {})
  table.sort(rising)
  local falling = table.move(odd, 1, #odd, 1, {})
  table.sort(falling, function(a, b) return -a < -b end)
  return #odd + rising[1001] + falling[1001]
end
