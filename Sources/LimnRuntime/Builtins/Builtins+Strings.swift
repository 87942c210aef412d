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
      return try split(call, separator)
    },
    Native("lines(text: string)", doc: "The lines of the text.") { call in
      // By bytes: to Swift "\r\n" is one character, which no "\n" parts.
      let text = call[0].asString.buffer
      var result = Value.list(capacity: 8, call.machine.meter)
      var start = 0
      while start < text.count {
        let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
        let isReturned = end > start && text[end - 1] == UInt8(ascii: "\r")
        result.append(taking: .string(bytes: UnsafeBufferPointer(rebasing: text[start..<(isReturned ? end - 1 : end)]), call.machine.meter))
        start = end + 1
      }
      return call.machine.pooled(result)
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
      return try replaced(call, old, new)
    },
    Native("contains(text: string, part)", doc: "Whether the part, a string or token, occurs in the text.") { call in
      .bool(try position(of: try piece(call, 1), call) != nil)
    },
    Native("index_of(text: string, part)", doc: "The place of the part's first character, nil if it does not occur.") { call in
      let text = call[0].asString
      guard let place = try position(of: try piece(call, 1), call) else { return .nil }
      return .int(UnsafeMutablePointer<StringBody>.scalars(of: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text.buffer)[..<place])))
    },
    Native("starts_with(text: string, part)", doc: "Whether the text begins with the part.") { call in
      .bool(call[0].asString.buffer.starts(with: try piece(call, 1).utf8))
    },
    Native("ends_with(text: string, part)", doc: "Whether the text ends with the part.") { call in
      .bool(call[0].asString.buffer.reversed().starts(with: try piece(call, 1).utf8.reversed()))
    },
    Native("repeat(text: string, times: int)", doc: "The text that many times over.") { call in
      let (text, times) = (call[0].asString, try call.int(1, in: 0...Int(Int32.max)))
      if text.pointee.count == 0 { return call[0] }
      let size = text.pointee.count * times
      guard size <= 1 << 30 else { throw call.fault(.memory, "the text would have \(size) bytes", at: 1) }
      try call.require(bytes: size)
      var result = Value.string(capacity: size, call.machine.meter)
      do {
        for time in 0..<times {
          if time % stretch == 0 { try call.checkInterrupt() }
          result.append(bytes: text.buffer)
        }
      } catch {
        result.release()
        throw error
      }
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

  /// How many pieces, and how many bytes without one, are gone through between two looks at interrupt and time.
  private static let stretch = 4096
  private static let byteStretch = 1 << 24

  /// Shows `body` where each occurrence of some bytes, at least one, stands in the text that is argument 0: none overlaps another.
  ///
  /// - Throws: Also when the evaluation is interrupted or its time is over.
  private static func occurrences(of part: String, _ call: NativeCall, _ body: (_ text: UnsafeBufferPointer<UInt8>, _ found: Int) -> Bool) throws {
    let text = call[0].asString.buffer
    let wanted = Array(part.utf8)
    try wanted.withUnsafeBufferPointer { wanted in
      var (start, looked, count) = (0, 0, 0)
      while start + wanted.count <= text.count {
        // A stretch that ends with whatever may begin before its end.
        let end = min(text.count, start + byteStretch + wanted.count - 1)
        guard let found = occurrence(of: wanted, in: UnsafeBufferPointer(rebasing: text[..<end]), from: start) else {
          start = end - wanted.count + 1
          try call.checkInterrupt()
          continue
        }
        guard body(text, found) else { return }
        start = found + wanted.count
        count += 1
        if count % stretch == 0 || start - looked > byteStretch {
          looked = start
          try call.checkInterrupt()
        }
      }
    }
  }

  /// The pieces between separators, made without a Swift string of each.
  private static func split(_ call: NativeCall, _ separator: String) throws -> Value {
    let text = call[0].asString.buffer
    var result = Value.list(capacity: 8, call.machine.meter)
    var start = 0
    do {
      try occurrences(of: separator, call) { text, found in
        result.append(taking: .string(bytes: UnsafeBufferPointer(rebasing: text[start..<found]), call.machine.meter))
        start = found + separator.utf8.count
        return true
      }
    } catch {
      result.release()
      throw error
    }
    result.append(taking: .string(bytes: UnsafeBufferPointer(rebasing: text[start...]), call.machine.meter))
    return call.machine.pooled(result)
  }

  /// The text with each occurrence of some bytes made others. Counted first, so that the result is asked for before it is made.
  private static func replaced(_ call: NativeCall, _ old: String, _ new: String) throws -> Value {
    let text = call[0].asString.buffer
    var count = 0
    try occurrences(of: old, call) { _, _ in
      count += 1
      return true
    }
    if count == 0 { return call[0] }
    let size = text.count + count * (new.utf8.count - old.utf8.count)
    try call.require(bytes: size)
    var result = Value.string(capacity: size, call.machine.meter)
    var start = 0
    var new = new
    do {
      try new.withUTF8 { new in
        try occurrences(of: old, call) { text, found in
          result.append(bytes: UnsafeBufferPointer(rebasing: text[start..<found]))
          result.append(bytes: new)
          start = found + old.utf8.count
          return true
        }
      }
    } catch {
      result.release()
      throw error
    }
    result.append(bytes: UnsafeBufferPointer(rebasing: text[start...]))
    return call.machine.pooled(result)
  }

  /// The byte where a part first stands in the text that is argument 0.
  private static func position(of part: String, _ call: NativeCall) throws -> Int? {
    if part.isEmpty { return 0 }
    var place: Int?
    try occurrences(of: part, call) { _, found in
      place = found
      return false
    }
    return place
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
}
