import LimnTensor

/// Hands weights to layers by key and shape, and remembers which keys were asked for and which were not.
///
/// A missing key does not stop the reading: the layer gets a stand-in, and ``finish()`` then names all that is missing
/// at once. Whoever makes the root reader calls it before anything computes.
///
///     let reader = WeightReader(files.unet.weights, file: files.unet.name)
///     let unet = try UNet(config: files.unet.config, weights: reader)
///     let report = try reader.finish()
///
/// One reader is used from one thread.
package final class WeightReader {
  /// What all the readers made from one root share.
  private final class Record {
    let parameters: [String: Parameter]
    let file: String
    let precision: Precision
    var taken: Set<String> = []
    var missing: [String] = []

    init(_ parameters: [String: Parameter], file: String, precision: Precision) {
      self.parameters = parameters
      self.file = file
      self.precision = precision
    }
  }

  private let record: Record
  /// What is put before every name, with its dot: `"down_blocks.0."`, or nothing at the root.
  package let prefix: String

  /// - Parameters:
  ///   - file: The file or folder in messages.
  ///   - precision: What the layers multiply in.
  package convenience init(_ weights: [String: Weight], file: String, precision: Precision = .f32) {
    self.init(weights.mapValues { Parameter($0) }, file: file, precision: precision)
  }

  package init(_ parameters: [String: Parameter], file: String, precision: Precision = .f32) {
    record = Record(parameters, file: file, precision: precision)
    prefix = ""
  }

  /// What the layers that are made from this reader multiply in.
  package var precision: Precision { record.precision }

  private init(_ record: Record, prefix: String) {
    self.record = record
    self.prefix = prefix
  }

  /// A reader of the keys below `name`.
  package func scoped(_ name: String) -> WeightReader { WeightReader(record, prefix: "\(prefix)\(name).") }

  /// Whether the checkpoint holds `name`.
  package func has(_ name: String) -> Bool { record.parameters[prefix + name] != nil }

  /// Whether the checkpoint holds any key below `name`.
  package func hasScope(_ name: String) -> Bool {
    let start = "\(prefix)\(name)."
    return record.parameters.keys.contains { $0.hasPrefix(start) }
  }

  /// The shape of `name`, nil when the checkpoint does not hold it.
  package func shape(of name: String) -> Shape? { record.parameters[prefix + name]?.shape }

  /// The parameter called `name`, which must have this shape.
  ///
  /// - Parameter alternatives: Older spellings of the same name, tried in order.
  /// - Throws: ``FormatError`` when the shape is another one.
  package func take(_ name: String, or alternatives: String..., shape: Shape) throws -> Parameter {
    for spelling in [name] + alternatives {
      if let parameter = try find(spelling, shape: shape) { return parameter }
    }
    record.missing.append(prefix + name)
    return Parameter(Weight(missing: prefix + name, shape: shape))
  }

  /// The parameter called `name`, nil when the checkpoint has none.
  ///
  /// - Throws: ``FormatError`` when it is there with another shape.
  package func takeIfPresent(_ name: String, shape: Shape) throws -> Parameter? { try find(name, shape: shape) }

  private func find(_ name: String, shape: Shape) throws -> Parameter? {
    let key = prefix + name
    guard let parameter = record.parameters[key] else { return nil }
    guard parameter.shape == shape else {
      throw FormatError(
        "the shape does not fit the model's config", file: record.file, key: key, found: "\(parameter.shape)",
        expected: "\(shape)")
    }
    record.taken.insert(key)
    return parameter
  }

  /// Ends the reading of all readers made from this one's root.
  ///
  /// - Throws: ``FormatError`` that lists the first few missing keys, when any was.
  @discardableResult
  package func finish() throws(FormatError) -> KeyReport {
    let unused = record.parameters.keys.filter { !record.taken.contains($0) }.sorted()
    let report = KeyReport(file: record.file, matched: record.taken.count, missing: record.missing, unused: unused)
    guard report.missing.isEmpty else {
      throw FormatError(
        "\(report.missing.count) of \(report.missing.count + report.matched) weights are missing", file: record.file,
        found: unused.isEmpty ? nil : "unused \(FormatError.listing(unused, first: 3))",
        expected: FormatError.listing(report.missing))
    }
    return report
  }
}

/// Which keys of one component found their place.
package struct KeyReport: Hashable, Sendable, CustomStringConvertible {
  package let file: String
  package let matched: Int
  package let missing: [String]
  /// Keys that nothing asked for. Buffers such as `position_ids` were dropped before and are not among them.
  package let unused: [String]

  package init(file: String, matched: Int, missing: [String], unused: [String]) {
    self.file = file
    self.matched = matched
    self.missing = missing
    self.unused = unused
  }

  /// `unet: 686 weights` or `unet: 680 weights, 2 unused ('a', 'b')`.
  package var description: String {
    var text = "\(file): \(matched) weights"
    if !missing.isEmpty { text += ", \(missing.count) missing (\(FormatError.listing(missing)))" }
    if !unused.isEmpty { text += ", \(unused.count) unused (\(FormatError.listing(unused)))" }
    return text
  }
}
