import Glibc
import LimnSyntax

extension Builtins {
  static let strings: [Native] = [
    Native("upper(text: string)", doc: "The text in capital letters.") { call in call.make(try call.string(0).uppercased()) },
    Native("lower(text: string)", doc: "The text in small letters.") { call in call.make(try call.string(0).lowercased()) },
    Native("trim(text: string)", doc: "The text without white space at its ends.") { call in
      call.make(try call.string(0).trimmed)
    },
    Native("split(text: string, separator = nil)", doc: "The pieces between separators, or the words between white space.") {
      call in
      guard call.has(1) else {
        return call.make(try call.string(0).unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) })
      }
      let separator = try piece(call, 1)
      if separator.isEmpty { throw call.fault(.value, "the separator is empty", at: 1, help: "for characters: list(text)") }
      return split(call, separator)
    },
    Native("lines(text: string)", doc: "The lines of the text.") { call in
      var lines = try call.string(0).split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
      if lines.last == "" { lines.removeLast() }
      return call.make(lines.map { $0.last == "\r" ? String($0.dropLast()) : $0 })
    },
    Native("join(xs: list, separator: string = \"\")", doc: "The texts of the items with the separator between; tokens stay tokens.") {
      call in
      var result = Value.string(capacity: 32, call.machine.meter)
      let separator = call[1].asString.buffer
      do {
        for (index, item) in try call.list(0).enumerated() {
          if index > 0 {
            try call.machine.reserve(result, separator.count)
            result.append(bytes: separator)
          }
          try call.machine.append(item, to: &result)
        }
      } catch {
        result.release()
        throw error
      }
      return call.machine.pooled(result)
    },
    Native("replace(text: string, old, new)", doc: "The text with each occurrence of old, a string or token, made new.") { call in
      let (old, new) = (try piece(call, 1), try piece(call, 2))
      if old.isEmpty { throw call.fault(.value, "what to replace is empty", at: 1) }
      let pieces = pieces(of: try call.string(0), old)
      try call.require(bytes: 2 * pieces.count * new.utf8.count)
      return call.make(pieces.joined(separator: new))
    },
    Native("contains(text: string, part)", doc: "Whether the part, a string or token, occurs in the text.") { call in
      .bool(try position(of: try piece(call, 1), in: try call.string(0)) != nil)
    },
    Native("index_of(text: string, part)", doc: "The place of the part's first character, nil if it does not occur.") { call in
      try position(of: try piece(call, 1), in: try call.string(0)).map { .int($0) } ?? .nil
    },
    Native("starts_with(text: string, part)", doc: "Whether the text begins with the part.") { call in
      .bool(Array(try call.string(0).utf8).starts(with: Array(try piece(call, 1).utf8)))
    },
    Native("ends_with(text: string, part)", doc: "Whether the text ends with the part.") { call in
      .bool(Array(try call.string(0).utf8.reversed()).starts(with: Array(try piece(call, 1).utf8.reversed())))
    },
    Native("repeat(text: string, times: int)", doc: "The text that many times over.") { call in
      let (text, times) = (call[0].asString, try call.int(1, in: 0...Int(Int32.max)))
      let size = text.pointee.count * times
      guard size <= 1 << 30 else { throw call.fault(.memory, "the text would have \(size) bytes", at: 1) }
      try call.require(bytes: size)
      var result = Value.string(capacity: size, call.machine.meter)
      for _ in 0..<times { result.append(bytes: text.buffer) }
      return call.machine.pooled(result)
    },
    Native("pad_left(text, width: int, with: string = \" \")", doc: "The text filled up at its front to a width in characters.") {
      call in try padded(call, atFront: true)
    },
    Native("pad_right(text, width: int, with: string = \" \")", doc: "The text filled up at its end to a width in characters.") {
      call in try padded(call, atFront: false)
    },
    Native("fixed(x: number, digits: int = 2)", doc: "The number as text with that many decimals.") { call in
      let (value, digits) = (try call.float(0), try call.int(1, in: 0...100))
      return withVaList([Int32(digits), value]) { arguments in
        let size = 512
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
          let count = vsnprintf(buffer.baseAddress, size, "%.*f", arguments)
          let bytes = UnsafeRawBufferPointer(start: buffer.baseAddress, count: min(Int(count), size - 1))
          return call.make(String(decoding: bytes, as: UTF8.self))
        }
      }
    },
    Native("code(character: string)", doc: "The Unicode code point of a character.") { call in
      let scalars = Array(try call.string(0).unicodeScalars)
      guard scalars.count == 1 else { throw call.fault(.value, "a single character is expected, found \(scalars.count)", at: 0) }
      return .int(Int(scalars[0].value))
    },
    Native("character(code: int)", doc: "The character of a Unicode code point.") { call in
      guard let scalar = UInt32(exactly: try call.int(0)).flatMap({ Unicode.Scalar($0) }) else {
        throw call.fault(.value, "\(try call.int(0)) is no Unicode code point", at: 0)
      }
      return call.make(outside: String(Character(scalar)))
    },
  ]

  /// An argument that may be a string or a token, as text.
  private static func piece(_ call: NativeCall, _ index: Int) throws -> String {
    if let text = call[.index(index)].string { return text }
    if let host = call[.index(index)].host, host.isToken { return String(Character(try call.tokens.character(of: host))) }
    throw call.mismatch(.index(index), "a string")
  }

  private static func padded(_ call: NativeCall, atFront: Bool) throws -> Value {
    let text = call.text(call[0])
    let (width, filler) = (try call.int(1, in: 0...1 << 24), try call.string(2))
    guard filler.unicodeScalars.count == 1 else { throw call.fault(.value, "'with' must be a single character", at: 2) }
    let filling = String(repeating: filler, count: max(0, width - text.unicodeScalars.count))
    return call.make(atFront ? filling + text : text + filling)
  }

  /// The pieces between separators, made without a Swift string of each.
  private static func split(_ call: NativeCall, _ separator: String) -> Value {
    let text = call[0].asString.buffer
    var separator = separator
    var result = Value.list(capacity: 8, call.machine.meter)
    separator.withUTF8 { separator in
      var start = 0
      while let found = occurrence(of: separator, in: text, from: start) {
        result.append(taking: .string(bytes: UnsafeBufferPointer(rebasing: text[start..<found]), call.machine.meter))
        start = found + separator.count
      }
      result.append(taking: .string(bytes: UnsafeBufferPointer(rebasing: text[start...]), call.machine.meter))
    }
    return call.machine.pooled(result)
  }

  /// Where some bytes, at least one, stand next in a text; nil if they do not.
  private static func occurrence(
    of part: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int? {
    guard let base = text.baseAddress, let wanted = part.baseAddress else { return nil }
    var index = start
    while index + part.count <= text.count {
      let left = text.count - part.count + 1 - index
      guard let found = memchr(base + index, Int32(wanted[0]), left) else { return nil }
      index = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
      if memcmp(base + index, wanted, part.count) == 0 { return index }
      index += 1
    }
    return nil
  }

  /// The pieces of a text between occurrences of a separator, compared code point by code point.
  private static func pieces(of text: String, _ separator: String) -> [String] {
    let (bytes, wanted) = (Array(text.utf8), Array(separator.utf8))
    var result: [String] = []
    var start = 0
    var index = 0
    while index + wanted.count <= bytes.count {
      if bytes[index] == wanted[0], bytes[index..<index + wanted.count].elementsEqual(wanted) {
        result.append(String(decoding: bytes[start..<index], as: UTF8.self))
        index += wanted.count
        start = index
      } else {
        index += 1
      }
    }
    result.append(String(decoding: bytes[start...], as: UTF8.self))
    return result
  }

  private static func position(of part: String, in text: String) throws -> Int? {
    if part.isEmpty { return 0 }
    let found = pieces(of: text, part)
    return found.count == 1 ? nil : found[0].unicodeScalars.count
  }
}
