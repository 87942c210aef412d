/// How a picture was made, in the text format of A1111's web UI, which most tools read and write:
///
///     a photo of a panda
///     Negative prompt: blurry
///     Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 7, Size: 512x512, Model: sticker, Version: limn 0.1
///
/// Values with a comma, colon, line end, quote in front or space at an end stand in JSON quotes. A prompt line that itself begins with 'Negative prompt:'
/// cannot be told apart from the format; that is so in every tool.
package struct GenerationParameters: Equatable, Sendable {
  package var prompt: String
  package var negativePrompt: String
  /// What the last line says, in its order: "Steps" → "20".
  package var entries: [Entry]

  /// One setting of the last line.
  package struct Entry: Equatable, Sendable {
    /// Begins with a letter, digit or underscore; then also spaces, `-` and `/`; at least two characters.
    package var key: String
    package var value: String

    package init(key: String, value: String) {
      (self.key, self.value) = (key, value)
    }
  }

  package init(prompt: String, negativePrompt: String = "", entries: [Entry] = []) {
    (self.prompt, self.negativePrompt, self.entries) = (prompt, negativePrompt, entries)
  }

  /// The setting of a name, nil when absent. Setting replaces in place or appends; nil removes.
  package subscript(key: String) -> String? {
    get { entries.first { $0.key == key }?.value }
    set {
      guard let newValue else { return entries.removeAll { $0.key == key } }
      if let index = entries.firstIndex(where: { $0.key == key }) {
        entries[index].value = newValue
      } else {
        entries.append(Entry(key: key, value: newValue))
      }
    }
  }
}

// MARK: - The settings that have a type

extension GenerationParameters {
  package var steps: Int? {
    get { self["Steps"].flatMap { Int($0) } }
    set { self["Steps"] = newValue.map { "\($0)" } }
  }
  package var sampler: String? {
    get { self["Sampler"] }
    set { self["Sampler"] = newValue }
  }
  /// Classifier-free guidance; whole numbers are written without a fraction, as A1111 does not care.
  package var guidance: Double? {
    get { self["CFG scale"].flatMap { Double($0) } }
    set { self["CFG scale"] = newValue.map { $0 == $0.rounded() && abs($0) < 1e6 ? "\(Int($0))" : "\($0)" } }
  }
  package var seed: Int? {
    get { self["Seed"].flatMap { Int($0) } }
    set { self["Seed"] = newValue.map { "\($0)" } }
  }
  /// Width and height in pixels.
  package var size: (width: Int, height: Int)? {
    get {
      let sides = (self["Size"] ?? "").split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
      guard sides.count == 2, let width = sides[0], let height = sides[1] else { return nil }
      return (width, height)
    }
    set { self["Size"] = newValue.map { "\($0.width)x\($0.height)" } }
  }
  package var model: String? {
    get { self["Model"] }
    set { self["Model"] = newValue }
  }
  package var modelHash: String? {
    get { self["Model hash"] }
    set { self["Model hash"] = newValue }
  }
  /// Where the noise comes from: "CPU" for torch's CPU generator.
  package var randomSource: String? {
    get { self["RNG"] }
    set { self["RNG"] = newValue }
  }
  /// The program that made the picture: "limn 0.1".
  package var version: String? {
    get { self["Version"] }
    set { self["Version"] = newValue }
  }
}

// MARK: - Text

extension GenerationParameters {
  /// The text of the `parameters` chunk.
  package var text: String {
    let settings = entries.map { "\($0.key): \(GenerationParameters.quoted($0.value))" }.joined(separator: ", ")
    let negative = negativePrompt.isEmpty ? nil : "Negative prompt: \(negativePrompt)"
    return [prompt, negative, settings.isEmpty ? nil : settings].compactMap { $0 }.joined(separator: "\n")
  }

  /// Reads the text of a `parameters` chunk. Any text can be read: what has no settings line is all prompt.
  package init(text: String) {
    var lines = text.trimmed.split(omittingEmptySubsequences: false) { $0.isNewline }.map { String($0) }
    var entries: [Entry] = []
    // A prompt may contain "word: word" too, so the last line counts as settings only with three of them, as in A1111.
    if let last = lines.last {
      let found = GenerationParameters.settings(in: last)
      if found.count >= 3 {
        entries = found
        lines.removeLast()
      }
    }
    var prompt: [String] = [], negative: [String] = []
    var isNegative = false
    for line in lines {
      var line = line.trimmed
      if line.hasPrefix("Negative prompt:") {
        isNegative = true
        line = String(line.dropFirst("Negative prompt:".count)).trimmed
      }
      if isNegative { negative.append(line) } else { prompt.append(line) }
    }
    self.init(prompt: prompt.joined(separator: "\n"), negativePrompt: negative.joined(separator: "\n"), entries: entries)
  }

  /// Finds `key: value` pairs: A1111's pattern `\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)`.
  private static func settings(in line: String) -> [Entry] {
    let characters = Array(line)
    var entries: [Entry] = []
    var start = 0
    while start < characters.count {
      // From each word character on, in turn, until a pair fits there.
      if let (entry, end) = setting(in: characters, at: start) {
        entries.append(entry)
        start = end
      } else {
        start += 1
      }
    }
    return entries
  }

  private static func setting(in characters: [Character], at start: Int) -> (Entry, end: Int)? {
    func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
    guard isWord(characters[start]) else { return nil }
    var at = start + 1
    while at < characters.count, isWord(characters[at]) || " -/".contains(characters[at]) { at += 1 }
    guard at < characters.count, characters[at] == ":", at - start >= 2 else { return nil }
    let key = String(characters[start..<at])
    at += 1
    while at < characters.count, characters[at].isWhitespace { at += 1 }
    if at < characters.count, characters[at] == "\"", let end = quotedEnd(characters, at), end == characters.count || characters[end] == "," {
      let value = unquoted(String(characters[at..<end]))
      return (Entry(key: key, value: value), min(end + 1, characters.count))
    }
    let end = characters[at...].firstIndex(of: ",") ?? characters.count
    return (Entry(key: key, value: String(characters[at..<end])), min(end + 1, characters.count))
  }

  /// Where the quoted text that begins at `start` ends, behind its quote; nil if it does not.
  private static func quotedEnd(_ characters: [Character], _ start: Int) -> Int? {
    var at = start + 1
    while at < characters.count, characters[at] != "\"" { at += characters[at] == "\\" ? 2 : 1 }
    return at < characters.count && at > start + 1 ? at + 1 : nil
  }

  /// The value in JSON quotes if it needs them; characters beyond ASCII stay as they are.
  private static func quoted(_ value: String) -> String {
    let isPlain = !value.contains { $0 == "," || $0 == ":" || $0.isNewline } && !value.hasPrefix("\"") && value == value.trimmed
    if isPlain { return value }
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }

  /// The text within JSON quotes; as it is if it is not valid JSON.
  private static func unquoted(_ quoted: String) -> String {
    let scalars = Array(quoted.unicodeScalars.dropFirst().dropLast())
    var units: [UInt16] = []
    var at = 0
    while at < scalars.count {
      guard scalars[at] == "\\" else {
        units += String(scalars[at]).utf16
        at += 1
        continue
      }
      guard at + 1 < scalars.count else { return quoted }
      let plain: [Unicode.Scalar: UInt16] = ["n": 10, "r": 13, "t": 9, "b": 8, "f": 12, "\"": 34, "\\": 92, "/": 47]
      if let unit = plain[scalars[at + 1]] {
        units.append(unit)
        at += 2
      } else if scalars[at + 1] == "u", at + 6 <= scalars.count,
        let unit = UInt16(String(String.UnicodeScalarView(scalars[(at + 2)..<(at + 6)])), radix: 16) {
        units.append(unit)  // two of them may be a pair of surrogates
        at += 6
      } else {
        return quoted
      }
    }
    return String(decoding: units, as: UTF16.self)
  }
}

extension StringProtocol {
  /// Without white space at both ends.
  fileprivate var trimmed: String {
    var rest = Substring(self).drop { $0.isWhitespace }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
