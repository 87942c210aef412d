local function adder(n)
  return function(x) return x + n end
end

local function composed(f, g)
  return function(x) return f(g(x)) end
end

return function()
  local total = 0
  for i = 0, 499999 do
    local both = composed(adder(i), adder(1))
    total = total + both(2)
  end
  return total
end
