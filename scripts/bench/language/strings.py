def run():
    text = ""
    for i in range(1_000_000):
        text += f"item {i},"
    return len(text) + len(text.split(","))
