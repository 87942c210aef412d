extension Builtins {
  static let maps: [Native] = [
    Native("keys(m: map)", doc: "The keys in their order.") { call in call.make(try call.map(0).map(\.key)) },
    Native("values(m: map)", doc: "The values in the order of their keys.") { call in
      call.make(try call.map(0).map(\.value))
    },
    Native("items(m: map)", doc: "The pairs of key and value.") { call in
      call.make(try call.map(0).map { call.make([$0.key, $0.value]) })
    },
    Native("get(m: map, key, otherwise = nil)", doc: "The value of the key, or what stands in for it.") { call in
      let map = call[0].asMap
      guard let found = map.find(call[1], hash: try Equality.keyHash(call[1])) else { return call[2] }
      return map.pointee.entries[found].value
    },
    Native("get(xs: list, index: int, otherwise = nil)", doc: "The item at the index, or what stands in for it.") { call in
      let items = try call.list(0)
      let index = try call.int(1)
      let position = index < 0 ? index + items.count : index
      return items.indices.contains(position) ? items[position] : call[2]
    },
    Native("contains(m: map, key)", doc: "Whether the map has the key.") { call in
      .bool(call[0].asMap.find(call[1], hash: try Equality.keyHash(call[1])) != nil)
    },
    Native("merge(a: map, b: map)", doc: "The entries of both; b's values win.") { call in
      var result = call.take(0)
      result.makeUniqueMap()
      for (key, value) in try call.map(1) {
        result.insert(takingKey: key.retained(), hash: try Equality.keyHash(key), takingValue: value.retained())
      }
      return call.machine.pooled(result)
    },
    Native("without(m: map, key)", doc: "The map without an entry for the key.") { call in
      let hash = try Equality.keyHash(call[1])
      guard let found = call[0].asMap.find(call[1], hash: hash) else { return call[0] }
      var entries = try call.map(0)
      entries.remove(at: found)
      return try call.make(entries: entries.map { ($0.key, $0.value) })
    },
    Native("map_of(pairs: list)", doc: "The map of a list of pairs of key and value.") { call in
      try call.make(
        entries: try call.list(0).map { pair in
          guard let items = pair.list, items.count == 2 else {
            throw call.fault(.type, "each item must be a pair of key and value, found \(call.machine.phrase(pair))", at: 0)
          }
          return (items[0], items[1])
        })
    },
  ]
}
