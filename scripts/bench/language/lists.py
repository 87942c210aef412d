def run():
    numbers = [i * 7919 % 1_000_003 for i in range(300_000)]
    odd = list(filter(lambda x: x % 2 == 1, map(lambda x: x * 3 % 1_000_003, numbers)))
    rising = sorted(odd)
    falling = sorted(odd, key=lambda x: -x)
    return len(odd) + rising[1000] + falling[1000]
