-- The idiom of the language: pieces in a table, joined once.
local function split(text, separator)
  local pieces, start = {}, 1
  while true do
    local found = string.find(text, separator, start, true)
    if not found then break end
    pieces[#pieces + 1] = string.sub(text, start, found - 1)
    start = found + 1
  end
  pieces[#pieces + 1] = string.sub(text, start)
  return pieces
end

return function()
  local pieces = {}
  for i = 0, 999999 do pieces[#pieces + 1] = "item " .. i .. "," end
  local text = table.concat(pieces)
  return #text + #split(text, ",")
end
