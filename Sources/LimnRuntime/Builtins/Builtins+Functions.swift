extension Builtins {
  static let functions: [Native] = [
    Native("map(xs, f: function)", doc: "What the function gives for each item.") { call in
      var result = Value.list(capacity: 8, call.machine.meter)
      do {
        try call.machine.forEach(call[0]) { result.append(taking: try call.machine.invoke(call[1], with: $0)) }
      } catch {
        result.release()
        throw error
      }
      return call.machine.pooled(result)
    },
    Native("filter(xs, f: function)", doc: "The items for which the function gives true.") { call in
      var result = Value.list(capacity: 8, call.machine.meter)
      do {
        try call.machine.forEach(call[0]) { item in
          if try condition(call, call[1], item) { result.append(taking: item.retained()) }
        }
      } catch {
        result.release()
        throw error
      }
      return call.machine.pooled(result)
    },
    Native("reduce(xs, start, f: function)", doc: "f(… f(f(start, first), second) …, last).") { call in
      var result = call[1].retained()
      do {
        try call.machine.forEach(call[0]) { item in
          let next = try call.machine.invoke(call[2], [result, item])
          result.release()
          result = next
        }
      } catch {
        result.release()
        throw error
      }
      return call.machine.pooled(result)
    },
    Native("any(xs: list, f: function = nil)", doc: "Whether one item is true, or the function is true of one.") { call in
      for item in try call.list(0) where try holds(call, item) { return .bool(true) }
      return .bool(false)
    },
    Native("all(xs: list, f: function = nil)", doc: "Whether every item is true, or the function is true of each.") { call in
      for item in try call.list(0) where try !holds(call, item) { return .bool(false) }
      return .bool(true)
    },
    Native("count(xs, f: function)", doc: "For how many items the function gives true.") { call in
      var found = 0
      try call.machine.forEach(call[0]) { if try condition(call, call[1], $0) { found += 1 } }
      return .int(found)
    },
    Native("find(xs: list, f: function)", doc: "The first item for which the function gives true, nil if there is none.") {
      call in
      try call.list(0).first { try condition(call, call[1], $0) } ?? .nil
    },
  ]

  private static func condition(_ call: NativeCall, _ function: Value, _ item: Value) throws -> Bool {
    let result = try call.machine.invoke(function, with: item)
    defer { result.release() }
    guard let bool = result.bool else { throw call.machine.conditionFault(result, nil) }
    return bool
  }

  private static func holds(_ call: NativeCall, _ item: Value) throws -> Bool {
    if call.has(1) { return try condition(call, call[1], item) }
    guard let bool = item.bool else { throw call.machine.conditionFault(item, nil) }
    return bool
  }
}
