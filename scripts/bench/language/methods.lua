local Point = {}
Point.__index = Point

local function point(x, y) return setmetatable({x = x, y = y}, Point) end

function Point:moved(dx, dy) return point(self.x + dx, self.y + dy) end

function Point:scaled(factor) return point(self.x * factor, self.y * factor) end

function Point:turned() return point(-self.y, self.x) end

function Point:square() return self.x * self.x + self.y * self.y end

return function()
  local total = 0
  for i = 0, 299999 do total = total + point(i, 2):moved(1, -1):scaled(3):turned():square() % 1000 end
  return total
end
