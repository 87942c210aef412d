import LimnSyntax

extension Builtins {
  static let lists: [Native] = [
    Native("len(x)", doc: "How many items, keys or characters the value has.") { call in
      if let count = call.machine.count(of: call[0]) { return .int(count) }
      if call[0].tag == .map { return .int(call[0].asMap.pointee.count) }
      if let count = call[0].host?.itemCount { return .int(count) }
      throw call.mismatch(0, "something with items")
    },
    Native("list(x)", doc: "The items a loop over the value would visit, as a list.") { call in
      call[0].tag == .list ? call[0] : call.make(try call.items(of: call[0]))
    },
    Native("append(xs: list, item)", doc: "The list with one more item at its end.") { call in
      var list = call.take(0)
      list.append(taking: call[1].retained())
      return call.machine.pooled(list)
    },
    Native("insert(xs: list, index: int, item)", doc: "The list with an item put in before the one at the index.") { call in
      var items = try call.list(0)
      let index = try place(call, items.count + 1)
      items.insert(call[2], at: index)
      return call.make(items)
    },
    Native("remove(xs: list, index: int)", doc: "The list without the item at the index.") { call in
      var items = try call.list(0)
      items.remove(at: try place(call, items.count))
      return call.make(items)
    },
    Native("first(xs)", doc: "The first item.") { call in try end(call, isFirst: true) },
    Native("last(xs)", doc: "The last item.") { call in try end(call, isFirst: false) },
    Native("reversed(xs: list)", doc: "The items from last to first.") { call in
      call.make(try call.list(0).reversed())
    },
    Native("reversed(text: string)", doc: "The characters from last to first.") { call in
      call.make(String(String.UnicodeScalarView(try call.string(0).unicodeScalars.reversed())))
    },
    Native(
      "sort(xs: list, by: function = nil, descending: bool = false)",
      doc: "The items in rising order, of themselves or of what `by` gives for each; equal ones keep their order."
    ) { call in try sorted(call) },
    Native("zip(xs, ys)", doc: "The pairs of items at equal places, as many as the shorter has.") { call in
      call.make(zip(try call.items(of: call[0]), try call.items(of: call[1])).map { call.make([$0, $1]) })
    },
    Native("enumerate(xs, start: int = 0)", doc: "The pairs of place and item.") { call in
      let (items, start) = (try call.items(of: call[0]), try call.int(1))
      guard !start.addingReportingOverflow(items.count).overflow else {
        throw call.fault(.value, "\(start) and \(items.count) places do not fit into an int of 64 bits", at: 1)
      }
      return call.make(items.enumerated().map { call.make([.int(start + $0.offset), $0.element]) })
    },
    Native("contains(xs: list, item)", doc: "Whether an item is equal to this one.") { call in
      for item in try call.list(0) where try call.equal(item, call[1]) { return .bool(true) }
      return .bool(false)
    },
    Native("contains(r: range, item)", doc: "Whether the range passes the int.") { call in
      guard let range = call[0].range, case .int(let value)? = call[1].number, range.count > 0 else { return .bool(false) }
      let (distance, overflow) = value.subtractingReportingOverflow(range.start)
      guard !overflow, distance != .min else { return .bool(false) }
      return .bool(distance % range.step == 0 && (0..<range.count).contains(distance / range.step))
    },
    Native("index_of(xs: list, item)", doc: "The place of the first equal item, nil if there is none.") { call in
      for (index, item) in try call.list(0).enumerated() where try call.equal(item, call[1]) { return .int(index) }
      return .nil
    },
    Native("unique(xs: list)", doc: "The items without those equal to an earlier one; they must be able to be keys.") { call in
      let seen = call.machine.pooled(.map(capacity: 8, call.machine.meter))
      return call.make(
        try call.list(0).filter { item in
          let hash = try Equality.keyHash(item)
          if seen.asMap.find(item, hash: hash) != nil { return false }
          seen.insert(takingKey: item.retained(), hash: hash, takingValue: .nil)
          return true
        })
    },
    Native("flatten(xs: list)", doc: "The items of the lists in the list, one level deep.") { call in
      let items = try call.list(0)
      let total = items.reduce(0) { $0 + ($1.tag == .list ? $1.asList.pointee.count : 1) }
      try call.require(bytes: 2 * total * MemoryLayout<Value>.stride)
      return call.make(items.flatMap { $0.list ?? [$0] })
    },
    Native("chunks(xs: list, size: int)", doc: "The items in lists of that many; the last may be shorter.") { call in
      let items = try call.list(0)
      let size = try call.int(1, in: 1...Int.max)
      return call.make(
        stride(from: 0, to: items.count, by: size).map { call.make(Array(items[$0..<min(items.count, $0 + size)])) })
    },
    Native("repeat(xs: list, times: int)", doc: "The items of the list that many times over.") { call in
      let (items, times) = (try call.list(0), try call.int(1, in: 0...Int(Int32.max)))
      if items.isEmpty { return call[0] }
      guard items.count * times <= 1 << 27 else { throw call.fault(.memory, "the list would have \(items.count * times) items", at: 1) }
      try call.require(bytes: 2 * items.count * times * MemoryLayout<Value>.stride)
      return call.make([[Value]](repeating: items, count: times).flatMap { $0 })
    },
    Native("sum(xs: list)", doc: "The items added up, with broadcasting; 0 for none.") { call in
      try fold(call) { try call.machine.binary(.add, $0, $1) } ?? .int(0)
    },
    Native("sum(xs: range)", doc: "The ints added up.") { call in
      // Worked out, not added up: half of count · (first + last), where 2 divides one of the factors.
      let range = call[0].range!
      guard range.count > 0 else { return .int(0) }
      let (first, last) = (range.start, range.start + (range.count - 1) * range.step)
      let (sum, overflow) = first.addingReportingOverflow(last)
      if range.count == 1 { return .int(first) }
      let halves: (Int, Int)? = overflow ? nil : sum % 2 == 0 ? (range.count, sum / 2) : range.count % 2 == 0 ? (range.count / 2, sum) : nil
      guard let (a, b) = halves, case let (total, tooLarge) = a.multipliedReportingOverflow(by: b), !tooLarge else {
        throw call.fault(.value, "the sum of \(call.text(call[0])) does not fit into an int of 64 bits", at: 0)
      }
      return .int(total)
    },
    Native("product(xs: list)", doc: "The items multiplied, with broadcasting; 1 for none.") { call in
      try fold(call) { try call.machine.binary(.multiply, $0, $1) } ?? .int(1)
    },
    Native("mean(xs: list)", doc: "The sum of the items divided by their number, with broadcasting.") { call in
      let count = try call.list(0).count
      guard count > 0 else { throw call.fault(.value, "the mean of an empty list is not defined", at: 0) }
      let total = try fold(call) { try call.machine.binary(.add, $0, $1) } ?? .int(0)
      return call.machine.pooled(try call.machine.binary(.divide, total, .int(count)))
    },
    extreme("max", .greater, "The largest item."),
    extremeOf("max", .greater, "The larger number."),
    extreme("min", .less, "The smallest item."),
    extremeOf("min", .less, "The smaller number."),
  ]

  /// The checked index of argument 1, negative from the end.
  private static func place(_ call: NativeCall, _ count: Int) throws -> Int {
    let index = try call.int(1)
    let position = index < 0 ? index + count : index
    guard (0..<count).contains(position) else {
      throw call.fault(.index, "index \(index) is outside of the list of \(try call.list(0).count)", at: 1)
    }
    return position
  }

  private static func end(_ call: NativeCall, isFirst: Bool) throws -> Value {
    guard let count = call.machine.count(of: call[0]) ?? call[0].host?.itemCount else { throw call.mismatch(0, "a list") }
    guard count > 0 else { throw call.fault(.index, "it has no items", at: 0) }
    return call.machine.pooled(try call.machine.element(call[0], .int(isFirst ? 0 : -1)))
  }

  /// The items combined from left to right; nil for none.
  private static func fold(_ call: NativeCall, _ combine: (Value, Value) throws -> Value) throws -> Value? {
    let items = try call.items(of: call[0])
    guard var result = items.first?.retained() else { return nil }
    for item in items.dropFirst() {
      let next: Value
      do { next = try combine(result, item) } catch {
        result.release()
        throw error
      }
      result.release()
      result = next
    }
    return call.machine.pooled(result)
  }

  private static func extreme(_ name: String, _ op: BinaryOperator, _ doc: String) -> Native {
    Native("\(name)(xs: list)", doc: doc + " Tensors are compared element by element.") { call in
      guard try !call.list(0).isEmpty else { throw call.fault(.value, "the \(name) of an empty list is not defined", at: 0) }
      let pair = Value(tag: .native, bits: UInt64(call.machine.nativeNumbers[name]!))
      return try fold(call) { a, b in
        if a.tag != .host, b.tag != .host {
          return (try call.machine.compareSlowly(op, b, a) ? b : a).retained()
        }
        return try call.machine.invoke(pair, [a, b])
      } ?? .nil
    }
  }

  private static func extremeOf(_ name: String, _ op: BinaryOperator, _ doc: String) -> Native {
    Native("\(name)(a: number, b: number, ..more)", doc: doc) { call in
      var best = call[0]
      for value in [call[1]] + call.rest where try call.machine.compareSlowly(op, value, best) { best = value }
      return best
    }
  }
}
