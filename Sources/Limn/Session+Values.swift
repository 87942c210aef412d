import Glibc
import LimnBindings
import LimnRuntime
import LimnTensor

// Values as tables and lists: `:vars`, `:inspect`, `:mem`, `:time`.
extension Session {
  /// A name with what is known of its value without working anything out; what a type does not have is empty.
  public struct Variable: Sendable {
    public let name, type, shape, dtype, bytes: String
  }

  /// The names of the session as `:vars` lists them.
  public func variables() -> [Variable] {
    let values = interpreter.bindings.map { Self.variable($0.name, $0.value.value) }
    return values + interpreter.moduleAliases.map { Variable(name: $0, type: "module", shape: "", dtype: "", bytes: "") }
  }

  private static func variable(_ name: String, _ value: Value) -> Variable {
    let tensor = (value.host as? TensorValue)?.tensor
    var shape = ""
    if let axes = value.host?.shape { shape = "\(axes)" } else if let count = value.list?.count ?? value.map?.count { shape = "\(count)" }
    let bytes = byteCount(value).map { ByteText.bytes($0) } ?? ""
    return Variable(name: name, type: value.typeName, shape: shape, dtype: tensor?.dtype.name ?? "", bytes: bytes)
  }

  /// The bytes of a value's elements or weights; nil for what has none to speak of.
  private static func byteCount(_ value: Value) -> Int? {
    switch value.host {
    case let tensor as TensorValue: tensor.tensor.count * tensor.tensor.dtype.byteSize
    case let image as ImageValue: image.image.pixels.count * image.image.pixels.dtype.byteSize
    case let model as ModelValue: model.weightBytes
    default: value.string.map(\.utf8.count)
    }
  }

  /// The parts of a value that is known without running anything, a line each; nil when it has to run.
  public func inspect(_ expression: String) -> [String]? {
    peek(expression)?.use { [typeText(of: $0)] + parts(of: $0) }
  }

  private func parts(of value: Value) -> [String] {
    let limit = 50
    if let host = value.host {
      return host.memberNames.map { name in
        guard let part = interpreter.peek(name, of: value) else { return "  .\(name)" + (host.slowMembers.contains(name) ? "  worked out when asked for" : "") }
        return "  .\(name)  \(part.use(brief))"
      }
    }
    if let entries = value.map {
      return entries.prefix(limit).map { entry in "  [\(brief(entry.key))]  \(brief(entry.value))" } + more(entries.count - limit)
    }
    if let items = value.list {
      return items.prefix(limit).enumerated().map { "  [\($0)]  \(brief($1))" } + more(items.count - limit)
    }
    if let help = interpreter.help(value) { return help.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().map(String.init) }
    return ["  " + brief(value)]
  }

  private func more(_ count: Int) -> [String] { count > 0 ? ["  … and \(count) more"] : [] }

  /// A value on one line of bearable length.
  private func brief(_ value: Value) -> String {
    // What a list or map holds can be any length: its size says enough.
    if (value.list?.count ?? 0) > 16 || (value.map?.count ?? 0) > 16 { return typeText(of: value) }
    let text = interpreter.read { $0.shown(value) }
    let line = text.prefix { !$0.isNewline }
    return line.count > 100 || line.count < text.count ? line.prefix(100) + " …" : String(line)
  }

  // MARK: Memory

  /// What `:mem` says, a line each: the process, tensors, and each model that a name holds.
  public func memory() -> [String] {
    var lines: [String] = []
    if let (resident, peak) = Self.process() { lines.append("process  \(ByteText.bytes(resident)), at most \(ByteText.bytes(peak))") }
    lines.append("tensors  \(ByteText.bytes(MemoryMeter.current)), at most \(ByteText.bytes(MemoryMeter.peak))")
    for binding in interpreter.bindings {
      guard let model = binding.value.value.host as? ModelValue else { continue }
      lines.append("\(binding.name)  " + model.weightParts.map { "\($0.name) \(ByteText.bytes($0.bytes))" }.joined(separator: ", "))
    }
    return lines
  }

  /// The memory of this process now and at most, in bytes.
  private static func process() -> (resident: Int, peak: Int)? {
    var values: [String: Int] = [:]
    for line in FileBytes.lines("/proc/self/status") {
      let words = line.split(whereSeparator: { $0 == ":" || $0.isWhitespace })
      if words.count >= 2, let kilobytes = Int(words[1]) { values[String(words[0])] = kilobytes * 1024 }
    }
    guard let resident = values["VmRSS"], let peak = values["VmHWM"] else { return nil }
    return (resident, peak)
  }

  /// ``peakTensorBytes`` counts from here.
  package func beginMeasuring() { MemoryMeter.resetPeak() }

  /// The most memory that tensors took at once since ``beginMeasuring()``, in bytes.
  package var peakTensorBytes: Int { MemoryMeter.peak }
}

/// Numbers for people.
package enum ByteText {
  /// `812 bytes`, `3.1 MB`; a MB is a million bytes.
  package static func bytes(_ count: Int) -> String {
    if count < 1000 { return "\(count) B" }
    var (value, unit) = (Double(count) / 1000, 0)
    let units = ["kB", "MB", "GB", "TB"]
    while value >= 999.5, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return "\(short(value)) \(units[unit])"
  }

  /// `0.8 ms`, `2.4 s`
  package static func seconds(_ seconds: Double) -> String { seconds < 1 ? "\(short(seconds * 1000)) ms" : "\(short(seconds)) s" }

  /// Three digits, or all there are before the point.
  package static func short(_ value: Double) -> String {
    let digits = value < 10 ? 2 : value < 100 ? 1 : 0
    return withVaList([Int32(digits), value]) { arguments in
      var buffer = [CChar](repeating: 0, count: 64)
      vsnprintf(&buffer, buffer.count, "%.*f", arguments)
      return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
