class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def moved(self, dx, dy):
        return Point(self.x + dx, self.y + dy)

    def scaled(self, factor):
        return Point(self.x * factor, self.y * factor)

    def turned(self):
        return Point(-self.y, self.x)

    def square(self):
        return self.x * self.x + self.y * self.y


def run():
    total = 0
    for i in range(300_000):
        total += Point(i, 2).moved(1, -1).scaled(3).turned().square() % 1000
    return total
