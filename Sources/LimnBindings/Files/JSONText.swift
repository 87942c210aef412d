import LimnNN
import LimnRuntime

/// JSON to values and back.
enum JSONText {
  /// How deep lists and maps may nest in a text.
  static let depthLimit = 256
  /// The longest text that is written: 1 GiB.
  static let sizeLimit = 1 << 30

  static let natives: [Native] = [
    Native("parse_json(text: string)", doc: "The value a JSON text stands for: objects are maps, null is nil, whole numbers are ints.") { call in
      try value(of: Array(try call.string(0).utf8), name: "the text", kind: .value, call, at: 0)
    },
    Native("json_text(value, indent: int = nil)", doc: "A value as JSON on one line, or with that many spaces a level. Keys must be strings; nan and inf are an error.") { call in
      call.make(String(decoding: try bytes(of: call[0], indent: try call.optionalInt("indent", in: 0...16), call), as: UTF8.self))
    },
  ]

  // MARK: reading

  /// The value of a whole text; errors say line and column.
  static func value(of bytes: [UInt8], name: String, kind: FaultKind, _ call: NativeCall, at key: ParameterKey) throws -> Value {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0  // some editors put a byte order mark first
    do {
      let json = try bytes[start...].withUnsafeBytes { try JSON(parsing: $0, file: name, limits: JSON.Limits(depth: depthLimit, values: 20_000_000)) }
      return try value(of: json, call)
    } catch let error as FormatError {
      throw call.fault(kind, name == "the text" ? error.problem : error.message, at: key)
    }
  }

  private static func value(of json: JSON, _ call: NativeCall) throws -> Value {
    switch json {
    case .null: .nil
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .number(let value): .float(value)
    case .string(let value): call.make(outside: value)
    case .array(let items): call.make(try items.map { try value(of: $0, call) })
    case .object(let members): try call.make(entries: members.map { (call.make(outside: $0.key), try value(of: $0.value, call)) })
    }
  }

  // MARK: writing

  /// The text of a value as UTF-8, without a line end.
  static func bytes(of value: Value, indent: Int?, _ call: NativeCall) throws -> [UInt8] {
    var writer = Writer(call: call, indent: indent)
    try writer.write(value, depth: 0)
    return writer.bytes
  }

  private struct Writer {
    let call: NativeCall
    let indent: Int?
    var bytes: [UInt8] = []
    /// Where in the value the writer is, for errors: `["losses"][3]`.
    var place: [Step] = []

    /// Told as text only when something is wrong.
    enum Step {
      case item(Int)
      case key(Value)
    }

    /// How long the text is when the limits are looked at again.
    private var nextLook = 0

    init(call: NativeCall, indent: Int?) { (self.call, self.indent) = (call, indent) }

    mutating func write(_ value: Value, depth: Int) throws {
      guard depth <= JSONText.depthLimit else { throw failure("is nested more than \(JSONText.depthLimit) deep") }
      if value.isNil { return put("null") }
      if let flag = value.bool { return put(flag ? "true" : "false") }
      if let number = value.number {
        guard number.double.isFinite else { throw failure("is \(call.text(value)), which JSON cannot say") }
        return put(call.text(value))
      }
      if value.string != nil { return quote(call.text(value)) }
      if let items = value.list {
        // A list of plain numbers or words stays on one line, however the rest is laid out.
        let isFlat = items.allSatisfy { $0.list == nil && $0.map == nil }
        return try group("[", "]", count: items.count, isFlat: isFlat, depth) { writer, index in
          writer.place.append(.item(index))
          try writer.write(items[index], depth: depth + 1)
        }
      }
      guard let entries = value.map else {
        throw failure("is of type \(value.typeName), which JSON has no form for", help: value.typeName == "tensor" ? "to_list(x)" : nil)
      }
      try group("{", "}", count: entries.count, isFlat: false, depth) { writer, index in
        guard entries[index].key.string != nil else {
          throw writer.failure("has the key \(writer.call.brief(entries[index].key)), but JSON has only strings as keys")
        }
        writer.quote(writer.call.text(entries[index].key))
        writer.put(": ")
        writer.place.append(.key(entries[index].key))
        try writer.write(entries[index].value, depth: depth + 1)
      }
    }

    private mutating func group(
      _ open: String, _ close: String, count: Int, isFlat: Bool, _ depth: Int, _ item: (inout Writer, Int) throws -> Void
    ) throws {
      put(open)
      let step = isFlat || count == 0 ? nil : indent
      for index in 0..<count {
        if index > 0 { put(step == nil ? ", " : ",") }
        if let step { put("\n" + String(repeating: " ", count: step * (depth + 1))) }
        if bytes.count >= nextLook || index % 4096 == 4095 { try look() }
        try item(&self, index)
        place.removeLast()
      }
      if let step { put("\n" + String(repeating: " ", count: step * depth)) }
      put(close)
    }

    /// A list that holds another twice, and so on many levels deep, has more text than there is memory.
    private mutating func look() throws {
      nextLook = bytes.count + 65536
      try call.checkInterrupt()
      if bytes.count > JSONText.sizeLimit { throw failure("has a text of more than \(JSONText.sizeLimit) bytes") }
      try call.require(bytes: bytes.count)
    }

    private mutating func put(_ text: String) { bytes += text.utf8 }

    private mutating func quote(_ text: String) {
      bytes.append(UInt8(ascii: "\""))
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""): put("\\\"")
        case UInt8(ascii: "\\"): put("\\\\")
        case UInt8(ascii: "\n"): put("\\n")
        case UInt8(ascii: "\r"): put("\\r")
        case UInt8(ascii: "\t"): put("\\t")
        case 0..<0x20, 0x7F: put("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
        default: bytes.append(byte)
        }
      }
      bytes.append(UInt8(ascii: "\""))
    }

    private func text(_ step: Step) -> String {
      switch step {
      case .item(let index): "[\(index)]"
      case .key(let key): "[\(call.brief(key))]"
      }
    }

    private func failure(_ problem: String, help: String? = nil) -> Fault {
      call.fault(.value, "the value\(place.isEmpty ? "" : " at " + place.map(text).joined()) \(problem)", at: 0, help: help)
    }
  }
}
