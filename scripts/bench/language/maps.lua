return function()
  local counts, size = {}, 0
  for i = 0, 999999 do
    local key = i * 7919 % 5003
    local old = counts[key]
    if not old then size = size + 1 end
    counts[key] = (old or 0) + 1
  end
  local words, seen = {}, {}
  for i = 0, 999 do words[i] = "word " .. i end
  for i = 0, 999 do seen[words[i]] = 0 end
  for i = 0, 999999 do
    local word = words[i % 1000]
    seen[word] = seen[word] + i
  end
  return size + counts[17] + seen["word 3"]
end
