def adder(n):
    return lambda x: x + n


def composed(f, g):
    return lambda x: f(g(x))


def run():
    total = 0
    for i in range(500_000):
        both = composed(adder(i), adder(1))
        total += both(2)
    return total
