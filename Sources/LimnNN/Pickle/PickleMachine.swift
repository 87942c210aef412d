/// Reads one pickle as data: a stack of values and the few opcodes that build maps, lists, texts, numbers and tensors.
///
/// Nothing is imported, constructed or called. Maps, lists and tuples live in arrays of the machine and are named by their place, so
/// that no file, however deeply it nests or however it refers to itself, can make anything recurse.
///
/// - Source: the opcodes as CPython's `pickletools` describes them, protocols 2 to 5.
struct PickleMachine {
  /// A value while it is read; containers by their place in the machine.
  enum Value: Hashable {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case text(String)
    case list(Int)
    case tuple(Int)
    case map(Int)
    case global(PickleGlobal)
    case storage(Int)
    case tensor(Int)
    case passedOver
  }

  /// Numbers in a row, in the file or behind the pickle.
  struct Storage {
    let type: StoredType
    let key: String
    let count: Int
  }

  /// A view on a storage.
  struct View {
    let storage: Int
    let offset: Int
    let sizes, strides: [Int]
  }

  /// What is wrong, without the file's name.
  struct Failure: Error {
    let problem: String
    var help: String?
    init(_ problem: String, help: String? = nil) { (self.problem, self.help) = (problem, help) }
  }

  /// Each opcode takes a byte at least, so this bounds what a long run of them may cost.
  static let mostOpcodes = 8_000_000

  private let bytes: UnsafeRawBufferPointer
  private(set) var index: Int
  private(set) var lists: [[Value]] = []
  private(set) var tuples: [[Value]] = []
  private(set) var maps: [[(key: Value, value: Value)]] = []
  private(set) var storages: [Storage] = []
  private(set) var views: [View] = []
  private var stack: [Value] = []
  private var marks: [Int] = []
  private var memo: [Int: Value] = [:]
  private var storageOfKey: [String: Int] = [:]
  /// How many entries were copied from one container to another: two that are built from each other in turn would double each time.
  private var copied = 0

  /// - Parameter start: Where the pickle begins; ``index`` is where it ended.
  init(_ bytes: UnsafeRawBufferPointer, from start: Int = 0) { (self.bytes, index) = (bytes, start) }

  /// Reads up to the pickle's end.
  mutating func run() throws(Failure) -> Value {
    for _ in 0..<Self.mostOpcodes {
      let opcode = try byte()
      if opcode == UInt8(ascii: ".") { return try pop() }
      try step(opcode)
    }
    throw Failure("it has more than \(Self.mostOpcodes) steps")
  }

  private mutating func step(_ opcode: UInt8) throws(Failure) {
    switch opcode {
    case 0x80:  // PROTO
      let version = try byte()
      guard version <= 5 else { throw Failure("its protocol is \(version), expected at most 5") }
    case 0x95: _ = try take(8)  // FRAME
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    // Numbers and texts
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.int(Int(Int32(truncatingIfNeeded: try number(4)))))
    case UInt8(ascii: "K"): stack.append(.int(Int(try number(1))))
    case UInt8(ascii: "M"): stack.append(.int(Int(try number(2))))
    case 0x8A: stack.append(try long(Int(try number(1))))
    case UInt8(ascii: "G"):
      var bits: UInt64 = 0
      for byte in try take(8) { bits = bits << 8 | UInt64(byte) }  // the one big-endian thing
      stack.append(.float(Double(bitPattern: bits)))
    case UInt8(ascii: "X"): stack.append(try text(4))
    case 0x8C: stack.append(try text(1))
    case 0x8D: stack.append(try text(8))
    case UInt8(ascii: "U"): stack.append(try text(1))
    case UInt8(ascii: "T"): stack.append(try text(4))
    case UInt8(ascii: "C"), UInt8(ascii: "B"):  // bytes, which no weights are made of
      _ = try take(try count(opcode == UInt8(ascii: "C") ? 1 : 4))
      stack.append(.passedOver)
    // Containers
    case UInt8(ascii: ")"): pushTuple([])
    case 0x85: pushTuple([try pop()])
    case 0x86: pushTuple(try popped(2))
    case 0x87: pushTuple(try popped(3))
    case UInt8(ascii: "t"): pushTuple(try popToMark())
    case UInt8(ascii: "]"): pushList([])
    case UInt8(ascii: "l"): pushList(try popToMark())
    case UInt8(ascii: "a"): try append([try pop()])
    case UInt8(ascii: "e"): try append(try popToMark())
    case UInt8(ascii: "}"): pushMap([])
    case UInt8(ascii: "d"): pushMap(try pairs(try popToMark()))
    case UInt8(ascii: "s"): try set(try popped(2))
    case UInt8(ascii: "u"): try set(try popToMark())
    // Names for values
    case UInt8(ascii: "q"): memo[Int(try number(1))] = try top()
    case UInt8(ascii: "r"): memo[Int(try number(4))] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): stack.append(try remembered(Int(try number(1))))
    case UInt8(ascii: "j"): stack.append(try remembered(Int(try number(4))))
    // What would import and call
    case UInt8(ascii: "c"): try pushGlobal(try line(), try line())
    case 0x93:
      let names = try popped(2)
      guard case .text(let module) = names[0], case .text(let name) = names[1] else { throw malformed }
      try pushGlobal(module, name)
    case UInt8(ascii: "R"), 0x81:  // REDUCE, NEWOBJ
      let pair = try popped(2)
      guard case .tuple(let place) = pair[1] else { throw malformed }
      stack.append(try made(pair[0], tuples[place]))
    case UInt8(ascii: "b"): try build(try pop())
    case UInt8(ascii: "Q"): stack.append(try storage(try pop()))
    default:
      throw Failure("it has the opcode \(opcode) at byte \(index - 1), which files of weights do not need; nothing was run")
    }
  }

  private var malformed: Failure { Failure("it is malformed at byte \(index - 1)") }

  // MARK: - Bytes

  private mutating func take(_ count: Int) throws(Failure) -> UnsafeRawBufferPointer.SubSequence {
    guard count >= 0, count <= bytes.count - index else { throw Failure("it is cut short at byte \(index)") }
    defer { index += count }
    return bytes[index..<index + count]
  }

  private mutating func byte() throws(Failure) -> UInt8 { try take(1).first! }

  private mutating func number(_ count: Int) throws(Failure) -> UInt64 {
    var value: UInt64 = 0
    for (i, byte) in try take(count).enumerated() { value |= UInt64(byte) << UInt64(8 * i) }
    return value
  }

  private mutating func count(_ bytes: Int) throws(Failure) -> Int {
    guard let count = Int(exactly: try number(bytes)) else { throw malformed }
    return count
  }

  /// A signed number of some bytes; longer ones than 8 stand in no file of weights.
  private mutating func long(_ count: Int) throws(Failure) -> Value {
    guard count <= 8 else { throw Failure("it has a number of \(count) bytes, expected at most 8") }
    let raw = try number(count)
    guard count > 0 else { return .int(0) }
    let unused = UInt64(64 - 8 * count)
    return .int(Int(Int64(bitPattern: raw << unused) >> Int64(unused)))
  }

  /// Texts of Python 2 are bytes: what is no UTF-8 in them is replaced.
  private mutating func text(_ lengthBytes: Int) throws(Failure) -> Value { .text(String(decoding: try take(try count(lengthBytes)), as: UTF8.self)) }

  private mutating func line() throws(Failure) -> String {
    guard let end = bytes[index...].prefix(512).firstIndex(of: 0x0A) else { throw malformed }
    defer { index = end + 1 }
    return String(decoding: bytes[index..<end], as: UTF8.self)
  }

  // MARK: - Stack

  private mutating func pop() throws(Failure) -> Value {
    guard stack.count > (marks.last ?? 0) else { throw malformed }
    return stack.removeLast()
  }

  private func top() throws(Failure) -> Value {
    guard stack.count > (marks.last ?? 0) else { throw malformed }
    return stack.last!
  }

  private mutating func popped(_ count: Int) throws(Failure) -> [Value] {
    guard stack.count >= (marks.last ?? 0) + count else { throw malformed }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(Failure) -> [Value] {
    guard let mark = marks.popLast() else { throw malformed }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func remembered(_ place: Int) throws(Failure) -> Value {
    guard let value = memo[place] else { throw malformed }
    return value
  }

  private mutating func pushTuple(_ items: [Value]) {
    tuples.append(items)
    stack.append(.tuple(tuples.count - 1))
  }

  private mutating func pushList(_ items: [Value]) {
    lists.append(items)
    stack.append(.list(lists.count - 1))
  }

  private mutating func newMap(_ pairs: [(key: Value, value: Value)]) -> Value {
    maps.append(pairs)
    return .map(maps.count - 1)
  }

  private mutating func pushMap(_ pairs: [(key: Value, value: Value)]) { stack.append(newMap(pairs)) }

  private mutating func append(_ items: [Value]) throws(Failure) {
    guard case .list(let place) = try top() else { throw malformed }
    lists[place] += items
  }

  private func pairs(_ items: [Value]) throws(Failure) -> [(key: Value, value: Value)] {
    guard items.count % 2 == 0 else { throw malformed }
    return stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  private mutating func set(_ items: [Value]) throws(Failure) {
    switch try top() {
    case .map(let place): maps[place] += try pairs(items)
    case .passedOver: break
    default: throw malformed
    }
  }

  // MARK: - What stands for calls

  private mutating func pushGlobal(_ module: String, _ name: String) throws(Failure) {
    guard let global = PickleGlobal(module, name) else {
      throw Failure(
        "it asks for '\(module).\(name)', which is no part of a file of weights; nothing was run",
        help: "if it comes from someone you trust, convert it there: safetensors.torch.save_file(…)")
    }
    if case .passedOver = global { stack.append(.passedOver) } else { stack.append(.global(global)) }
  }

  private mutating func made(_ callee: Value, _ arguments: [Value]) throws(Failure) -> Value {
    guard case .global(let global) = callee else {
      if callee == .passedOver { return .passedOver }
      throw malformed
    }
    switch global {
    case .orderedMap, .parameterMap:
      guard let first = arguments.first else { return newMap([]) }
      // OrderedDict([[key, value], …]), as protocol 2 writes it of a subclass.
      guard case .list(let place) = first else { throw malformed }
      try willCopy(lists[place].count)
      var pairs: [(key: Value, value: Value)] = []
      for item in lists[place] {
        guard let pair = items(item), pair.count == 2 else { throw malformed }
        pairs.append((pair[0], pair[1]))
      }
      return newMap(pairs)
    case .tensor:
      guard arguments.count >= 4, case .storage(let storage) = arguments[0], case .int(let offset) = arguments[1],
        let sizes = ints(arguments[2]), let strides = ints(arguments[3])
      else { throw malformed }
      try check(storages[storage], offset, sizes, strides)
      views.append(View(storage: storage, offset: offset, sizes: sizes, strides: strides))
      return .tensor(views.count - 1)
    case .parameter:
      guard let first = arguments.first, case .tensor = first else { throw malformed }
      return first
    case .size:
      guard let first = arguments.first, case .tuple = first else { throw malformed }
      return first
    case .storage, .passedOver: throw malformed
    }
  }

  /// The state of an object: of a `ParameterDict` what it holds, of an `OrderedDict` attributes that no weights are in.
  private mutating func build(_ state: Value) throws(Failure) {
    switch (try top(), state) {
    case (.map(let place), .map(let source)):
      // Attributes of a state dict (`_metadata`) come under a name of their own and are passed over when it is flattened.
      guard place != source else { return }
      try willCopy(maps[source].count)
      maps[place] += maps[source].filter { $0.key != .text("_metadata") }
    case (.passedOver, _), (.map, .none): break
    default: throw malformed
    }
  }

  private mutating func willCopy(_ count: Int) throws(Failure) {
    copied += count
    guard copied <= Self.mostOpcodes else { throw Failure("it copies more than \(Self.mostOpcodes) values") }
  }

  /// `('storage', FloatStorage, '0', 'cpu', 64)`, in files before 2020 with one more entry, a view, that only ever was None.
  private mutating func storage(_ id: Value) throws(Failure) -> Value {
    guard case .tuple(let place) = id, tuples[place].count >= 5, case .text("storage") = tuples[place][0],
      case .global(.storage(let type)) = tuples[place][1], case .int(let count) = tuples[place][4], count >= 0
    else { throw malformed }
    if tuples[place].count > 5, tuples[place][5] != .none { throw Failure("it shares storages in a way that only torch before 0.4 wrote") }
    let key: String
    switch tuples[place][2] {
    case .text(let text): key = text
    case .int(let number): key = "\(number)"
    default: throw malformed
    }
    if let known = storageOfKey[key] {
      guard storages[known].type == type, storages[known].count == count else { throw malformed }
      return .storage(known)
    }
    guard count <= Int.max / 16 else { throw malformed }
    storages.append(Storage(type: type, key: key, count: count))
    storageOfKey[key] = storages.count - 1
    return .storage(storages.count - 1)
  }

  /// A view lies inside of its storage and is no larger than it.
  private func check(_ storage: Storage, _ offset: Int, _ sizes: [Int], _ strides: [Int]) throws(Failure) {
    func wrong() -> Failure { Failure("it has a tensor \(sizes) that does not lie in its storage of \(storage.count) numbers") }
    guard sizes.count == strides.count, offset >= 0, offset <= storage.count, sizes.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
    else { throw wrong() }
    guard sizes.count <= SafetensorsFile.maximumRank else { throw Failure("it has a tensor of \(sizes.count) axes, expected at most \(SafetensorsFile.maximumRank)") }
    if sizes.contains(0) {
      guard sizes.allSatisfy({ $0 < 1 << 10 }) else { throw wrong() }  // nothing multiplies past an Int
      return
    }
    var (count, last) = (1, offset)
    for (size, stride) in zip(sizes, strides) {
      let (product, tooMany) = count.multipliedReportingOverflow(by: size)
      let (reach, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
      let (end, past) = last.addingReportingOverflow(reach)
      guard !tooMany, !tooFar, !past else { throw wrong() }
      (count, last) = (product, end)
    }
    guard last < storage.count, count <= storage.count else { throw wrong() }
  }

  // MARK: - Reading what was made

  /// The items of a list or tuple.
  func items(_ value: Value) -> [Value]? {
    switch value {
    case .list(let place): lists[place]
    case .tuple(let place): tuples[place]
    default: nil
    }
  }

  func ints(_ value: Value) -> [Int]? {
    guard let items = items(value), items.count <= 64 else { return nil }  // the same long list may stand in many places
    var numbers: [Int] = []
    for item in items {
      guard case .int(let number) = item else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
