import LimnTensor

/// A file that `torch.save` wrote, read as data: maps, lists, texts, numbers and tensors, and nothing else.
///
/// Archives (since torch 1.6) and the plain form before are read. Tensors are views on the file where it is mapped. What would need code to
/// be made is refused by its name, before and instead of running any.
package struct TorchFile: Sendable {
  package let name: String
  /// What was saved.
  package let root: Value
  private let bytes: Bytes

  /// What a file holds.
  package indirect enum Value: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case text(String)
    case list([Value])
    case map([(key: String, value: Value)])
    case tensor(SafetensorsFile.Entry)
    /// Something of a trainer's that no weights are in.
    case passedOver
  }

  /// How deep maps and lists may nest, and how many values there may be when each is written out where it is used.
  private static let (mostLevels, mostValues) = (32, 1_000_000)
  /// A pickle of this many bytes would name more tensors than any model has.
  private static let mostPickleBytes = 64 << 20

  /// Whether bytes begin as a file of torch's does.
  package static func isTorch(_ bytes: Bytes) -> Bool {
    bytes.withBytes { $0.starts(with: ZipArchive.signature) || $0.starts(with: legacyMark) }
  }

  /// Whether a name ends as files of torch's do.
  package static func isName(_ name: String) -> Bool {
    [".bin", ".ckpt", ".pt", ".pth", ".pkl"].contains { name.lowercased().hasSuffix($0) }
  }

  /// - Parameter name: The file in messages.
  /// - Throws: ``FormatError`` for a file that is no such thing, is damaged, or asks for more than data.
  package init(_ bytes: Bytes, name: String) throws(FormatError) {
    (self.bytes, self.name) = (bytes, name)
    root = try bytes.withBytes { raw throws(FormatError) in
      if raw.starts(with: ZipArchive.signature) { return try Self.archive(raw, name) }
      if raw.starts(with: Self.legacyMark) { return try Self.legacy(raw, name) }
      throw FormatError(
        "is no file of torch's", file: name, found: raw.starts(with: [0x37, 0x7A]) ? "a 7z archive" : raw.isEmpty ? "an empty file" : nil,
        expected: "what torch.save writes")
    }
  }

  package init(path: String, name: String? = nil) throws(FormatError) { try self.init(try Bytes.mapping(path), name: name ?? path) }

  /// The tensor of an entry.
  package func tensor(_ entry: SafetensorsFile.Entry, key: String) throws(FormatError) -> Tensor {
    try SafetensorsFile(entries: [key: entry], of: bytes, name: name).tensor(key)
  }

  /// The tensors of a state dict, or of the map under `state_dict`, as those of a file of weights.
  ///
  /// - Throws: ``FormatError`` if there are none.
  package func weights() throws(FormatError) -> SafetensorsFile {
    var pairs: [(key: String, value: Value)] = []
    if case .map(let top) = root { pairs = top }
    if case .map(let inner)? = root["state_dict"] { pairs = inner }
    var entries: [String: SafetensorsFile.Entry] = [:]
    for (key, value) in pairs { if case .tensor(let entry) = value { entries[key] = entry } }
    guard !entries.isEmpty else {
      throw FormatError("holds no weights", file: name, found: root.brief, expected: "a map of tensors, or one under 'state_dict'")
    }
    return SafetensorsFile(entries: entries, of: bytes, name: name)
  }

  // MARK: - The two forms

  private static func archive(_ raw: UnsafeRawBufferPointer, _ name: String) throws(FormatError) -> Value {
    let zip = try ZipArchive(raw, file: name)
    let pickles = zip.entries.keys.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
    guard let pickle = pickles.first, pickles.count == 1, let range = zip.entries[pickle] else {
      throw FormatError(
        "is an archive, but not of torch's", file: name, found: FormatError.listing(zip.entries.keys.sorted()), expected: "one 'data.pkl'")
    }
    let folder = String(pickle.dropLast("data.pkl".count))
    if let order = zip.entries[folder + "byteorder"], raw[order].elementsEqual("big".utf8) {
      throw FormatError("was written on a machine of the other byte order", file: name, found: "'big'", expected: "'little'")
    }
    guard range.count <= mostPickleBytes else { throw FormatError("names too many things", file: name, found: "\(range.count) bytes of names") }
    var machine = PickleMachine(UnsafeRawBufferPointer(rebasing: raw[range]))
    let top = try running(name) { () throws(PickleMachine.Failure) in try machine.run() }
    var starts: [Int] = []
    for storage in machine.storages {
      guard let data = zip.entries["\(folder)data/\(storage.key)"] else { throw FormatError("a storage is missing", file: name, key: "data/\(storage.key)") }
      guard data.count == storage.count * storage.type.byteSize else {
        throw FormatError(
          "a storage has another length than is said of it", file: name, key: "data/\(storage.key)", found: "\(data.count) bytes",
          expected: "\(storage.count * storage.type.byteSize)")
      }
      starts.append(data.lowerBound)
    }
    return try tree(top, machine, starts, name)
  }

  /// The number that begins the plain form, 0x1950a86a20f9469cfc6c, and the end of its pickle.
  private static let legacyMark: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]

  /// Five pickles (mark, version, machine, what was saved, the keys of its storages), then for each key a count and the numbers.
  private static func legacy(_ raw: UnsafeRawBufferPointer, _ name: String) throws(FormatError) -> Value {
    var index = legacyMark.count
    func next() throws(FormatError) -> (PickleMachine, PickleMachine.Value) {
      var machine = PickleMachine(raw, from: index)
      let value = try running(name) { () throws(PickleMachine.Failure) in try machine.run() }
      index = machine.index
      return (machine, value)
    }
    guard case .int(1001) = try next().1 else { throw FormatError("is of a version of torch's form that nothing writes", file: name) }
    _ = try next()
    let (machine, top) = try next()
    let (list, keys) = try next()
    var starts: [String: Int] = [:]
    let known = Dictionary(machine.storages.map { ($0.key, $0) }) { first, _ in first }
    for key in list.items(keys) ?? [] {
      guard case .text(let key) = key, let storage = known[key], starts[key] == nil else {
        throw FormatError("its list of storages is malformed", file: name)
      }
      let size = storage.count * storage.type.byteSize
      guard index <= raw.count - 8, size <= raw.count - 8 - index else { throw FormatError("is cut short", file: name, key: "storage \(key)") }
      guard raw.loadUnaligned(fromByteOffset: index, as: Int64.self).littleEndian == Int64(storage.count) else {
        throw FormatError("a storage has another length than is said of it", file: name, key: "storage \(key)")
      }
      starts[key] = index + 8
      index += 8 + size
    }
    var places: [Int] = []
    for storage in machine.storages {
      guard let start = starts[storage.key] else { throw FormatError("a storage is missing", file: name, key: "storage \(storage.key)") }
      places.append(start)
    }
    return try tree(top, machine, places, name)
  }

  private static func running<Result>(_ name: String, _ body: () throws(PickleMachine.Failure) -> Result) throws(FormatError) -> Result {
    do { return try body() } catch { throw FormatError("is a pickle that is not read: \(error.problem)", file: name, help: error.help) }
  }

  /// The machine's values as a tree, each written out where it is used.
  private static func tree(_ top: PickleMachine.Value, _ machine: PickleMachine, _ starts: [Int], _ name: String) throws(FormatError) -> Value {
    var left = mostValues
    func made(_ value: PickleMachine.Value, _ level: Int) throws(FormatError) -> Value {
      left -= 1
      guard left > 0, level <= mostLevels else {
        throw FormatError("nests too deeply or refers to itself", file: name, expected: "at most \(mostLevels) levels and \(mostValues) values")
      }
      switch value {
      case .none: return .none
      case .bool(let value): return .bool(value)
      case .int(let value): return .int(value)
      case .float(let value): return .float(value)
      case .text(let value): return .text(value)
      case .list(let place): return .list(try many(machine.lists[place], level))
      case .tuple(let place): return .list(try many(machine.tuples[place], level))
      case .map(let place):
        var pairs: [(key: String, value: Value)] = []
        for (key, value) in machine.maps[place] {
          let text: String
          switch key {
          case .text(let key): text = key
          case .int(let key): text = "\(key)"
          default: continue  // a key that is no name is a trainer's
          }
          pairs.append((text, try made(value, level + 1)))
        }
        return .map(pairs)
      case .tensor(let place): return .tensor(entry(machine.views[place], machine, starts))
      case .global, .storage, .passedOver: return .passedOver
      }
    }
    func many(_ values: [PickleMachine.Value], _ level: Int) throws(FormatError) -> [Value] {
      var items: [Value] = []
      for value in values { items.append(try made(value, level + 1)) }
      return items
    }
    return try made(top, 0)
  }

  private static func entry(_ view: PickleMachine.View, _ machine: PickleMachine, _ starts: [Int]) -> SafetensorsFile.Entry {
    let storage = machine.storages[view.storage]
    let size = storage.type.byteSize, start = starts[view.storage] + view.offset * size
    // As many numbers as the storage has at most, which the machine has checked; so nothing here overflows.
    let count = view.sizes.reduce(1, *)
    var isWhole = true, rowMajor = 1
    for (length, stride) in zip(view.sizes, view.strides).reversed() {
      if length != 1, stride != rowMajor { isWhole = false }
      rowMajor *= length
    }
    if isWhole || count == 0 { return SafetensorsFile.Entry(dtype: storage.type, shape: view.sizes, range: start..<start + count * size) }
    let reach = zip(view.sizes, view.strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
    return SafetensorsFile.Entry(dtype: storage.type, shape: view.sizes, range: start..<start + reach * size, strides: view.strides)
  }
}

extension TorchFile.Value {
  /// The value under a key of a map; the last one, as in Python.
  package subscript(_ key: String) -> TorchFile.Value? {
    guard case .map(let pairs) = self else { return nil }
    return pairs.last { $0.key == key }?.value
  }

  /// What it is, for messages.
  package var brief: String {
    switch self {
    case .map(let pairs): "a map of \(FormatError.listing(pairs.map(\.key)))"
    case .list(let items): "a list of \(items.count)"
    case .tensor(let entry): "a tensor \(Shape(entry.shape))"
    case .text: "a text"
    case .int, .float, .bool: "a number"
    case .none, .passedOver: "nothing of use"
    }
  }
}
