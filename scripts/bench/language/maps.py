def run():
    counts = {}
    for i in range(1_000_000):
        key = i * 7919 % 5003
        counts[key] = counts.get(key, 0) + 1
    words = [f"word {i}" for i in range(1000)]
    seen = {w: 0 for w in words}
    for i in range(1_000_000):
        seen[words[i % 1000]] += i
    return len(counts) + counts[17] + seen["word 3"]
