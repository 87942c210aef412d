return function()
  local total = 0
  for i = 0, 19999999 do
    if i % 3 == 0 then total = total + i else total = total - 1 end
  end
  return total
end
