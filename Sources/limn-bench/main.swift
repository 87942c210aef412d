print("limn-bench")
