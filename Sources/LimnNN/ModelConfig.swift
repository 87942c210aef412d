import LimnTensor

/// A model's own `config.json`, read key by key with the defaults its tools use.
///
/// A key that is absent or null counts as not given; a value of another kind than asked for is an error that names the
/// key. Nothing is clamped or guessed.
package struct ModelConfig: Sendable {
  package let json: JSON
  /// The file as the messages name it, such as `unet/config.json`.
  package let file: String

  package init(_ json: JSON, file: String) {
    self.json = json
    self.file = file
  }

  /// The value under `key`; nil when it is absent or null.
  package func value(_ key: String) -> JSON? {
    guard let value = json[key], !value.isNull else { return nil }
    return value
  }

  package func int(_ key: String, default fallback: Int) throws -> Int {
    guard let value = value(key) else { return fallback }
    guard let int = value.int, int >= 0 else { throw wrong(key, value, expected: "a whole number from 0 up") }
    return int
  }

  /// As ``int(_:default:)`` for what must be at least 1, such as a width.
  package func count(_ key: String, default fallback: Int) throws -> Int {
    let int = try int(key, default: fallback)
    guard int > 0 else { throw wrong(key, .int(int), expected: "a whole number from 1 up") }
    return int
  }

  package func float(_ key: String, default fallback: Double) throws -> Double {
    guard let value = value(key) else { return fallback }
    guard let double = value.double else { throw wrong(key, value, expected: "a number") }
    return double
  }

  package func bool(_ key: String, default fallback: Bool) throws -> Bool {
    guard let value = value(key) else { return fallback }
    guard let bool = value.bool else { throw wrong(key, value, expected: "true or false") }
    return bool
  }

  package func string(_ key: String, default fallback: String) throws -> String {
    guard let value = value(key) else { return fallback }
    guard let string = value.string else { throw wrong(key, value, expected: "a string") }
    return string
  }

  package func strings(_ key: String, default fallback: [String]) throws -> [String] {
    guard let value = value(key) else { return fallback }
    let strings = value.array?.compactMap(\.string)
    guard let strings, strings.count == value.array?.count else {
      throw wrong(key, value, expected: "a list of strings")
    }
    return strings
  }

  package func counts(_ key: String, default fallback: [Int]) throws -> [Int] {
    guard let value = value(key) else { return fallback }
    guard let ints = value.ints, !ints.isEmpty, ints.allSatisfy({ $0 > 0 }) else {
      throw wrong(key, value, expected: "a list of whole numbers from 1 up")
    }
    return ints
  }

  /// One number for each of `blocks` blocks: a list of that length, or one number for all.
  package func perBlock(_ key: String, blocks: Int, default fallback: Int) throws -> [Int] {
    guard let value = value(key), value.array != nil else {
      return Array(repeating: try count(key, default: fallback), count: blocks)
    }
    let list = try counts(key, default: [])
    guard list.count == blocks else {
      throw wrong(key, value, expected: "one number or a list of \(blocks), one a block")
    }
    return list
  }

  /// Refuses a value other than the one the implemented models have, instead of computing something else in silence.
  package func require(_ key: String, _ only: JSON, because reason: String? = nil) throws {
    guard let value = value(key), value != only else { return }
    if let a = value.double, let b = only.double, a == b { return }
    throw FormatError(
      "this setting is not supported", file: file, key: key, found: value.description,
      expected: only.isNull ? "null" : only.description, help: reason)
  }

  package func wrong(_ key: String, _ value: JSON, expected: String) -> FormatError {
    FormatError("the value does not fit", file: file, key: key, found: value.description, expected: expected)
  }
}
