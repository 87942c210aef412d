import LimnTensor

/// A learner in a file, so that a training can stop anywhere and go on with the same bits.
///
/// A `.safetensors` file with everything a step depends on: values, averages, what the optimizers remember, the number of updates and
/// the losses so far. Random numbers need nothing: each step's are keyed by its number. What the training is (its statement) stands
/// in the header as named texts, and going on asks that they are the same.
package enum LearnerFile {
  /// What a training is.
  package struct Statement: Sendable {
    /// By name: `optimizer`, `params`, …
    package var settings: [(key: String, value: String)] = []
    /// What its loss reads from outside, by the script's own names, which may be those of settings.
    package var values: [(key: String, value: String)] = []

    package init() {}

    /// All of it under the names it has in a file's header.
    fileprivate var entries: [(key: String, name: String, value: String)] {
      settings.map { ("statement.\($0.key)", $0.key, $0.value) } + values.map { ("value.\($0.key)", $0.key, $0.value) }
    }
  }

  private static let version = "limn learner 1"

  /// Writes the learner, atomically: a file that was there stays whole until the new one is.
  ///
  /// - Parameter state: What the script keeps with it, as bytes.
  /// - Throws: ``FormatError`` when the file cannot be written.
  package static func write(_ learner: Learner, statement: Statement, state: [UInt8] = [], to path: String) throws(FormatError) {
    var tensors: [(key: String, tensor: Tensor)] = learner.names.map { ("value/\($0)", learner.values[$0]!) }
    tensors += learner.averages.map { ("average/\($0)", $1) }
    for (name, kept) in learner.state.adamW.kept {
      let moments = kept.moments
      tensors += [("adamw.mean/\(name)", moments.mean), ("adamw.square/\(name)", moments.square)]
      if let tops = moments.tops { tensors += [("adamw.mean_top/\(name)", tops.mean), ("adamw.square_top/\(name)", tops.square)] }
      tensors.append(("adamw.steps/\(name)", Tensor(ints: [kept.steps], [1])))
    }
    tensors += learner.state.sgd.directions.map { ("sgd.direction/\($0)", $1) }
    let losses = learner.losses
    tensors.append(("loss.total", Tensor(losses.totals, [losses.totals.count])))
    tensors += losses.names.map { ("loss/\($0)", Tensor(losses.terms[$0]!, [losses.totals.count])) }
    tensors.append(("state", Tensor(ints: state.map(Int.init), [state.count]).converted(to: .u8)))
    let names = JSON.array(losses.names.map { .string($0) }).description
    try SafetensorsFile.write(
      tensors,
      metadata: [("format", version), ("steps", String(learner.steps)), ("losses", names)] + statement.entries.map { ($0.key, $0.value) },
      to: path)
  }

  /// Puts what the file holds into `learner`, which was begun by the same statement.
  ///
  /// - Returns: The learner where it stopped, and the state's bytes.
  /// - Throws: ``FormatError`` when it is no such file or was written by another statement; it names what differs.
  package static func read(_ path: String, into learner: Learner, statement: Statement) throws(FormatError) -> (learner: Learner, state: [UInt8]) {
    let file = try open(path)
    for (key, name, value) in statement.entries {
      let before = file.text(key) ?? "nothing"
      guard before == value else {
        throw FormatError(
          "was written by a training with another '\(name)'", file: path, found: before, expected: value)
      }
    }
    guard let steps = file.text("steps").flatMap({ Int($0) }), steps >= 0 else { throw FormatError("does not say how many steps were made", file: path) }
    var result = learner
    result.steps = steps
    for name in learner.names {
      let shape = learner.values[name]!.shape
      result.values[name] = try file.floats("value/\(name)", shape)
      if learner.settings.average != nil { result.averages[name] = try file.floats("average/\(name)", shape) }
      if file.entries["adamw.mean/\(name)"] != nil {
        result.state.adamW.kept[name] = AdamW.State.Kept(
          steps: try file.tensor("adamw.steps/\(name)").ints().first ?? 0, moments: try moments(file, name, shape))
      }
      if file.entries["sgd.direction/\(name)"] != nil { result.state.sgd.directions[name] = try file.floats("sgd.direction/\(name)", shape) }
    }
    result.losses = try losses(file, steps)
    return (result, try file.tensor("state").floats().map { UInt8($0) })
  }

  private static func moments(_ file: SafetensorsFile, _ name: String, _ shape: Shape) throws(FormatError) -> Moments {
    guard file.entries["adamw.mean_top/\(name)"] != nil else {
      return Moments(mean: try file.floats("adamw.mean/\(name)", shape), square: try file.floats("adamw.square/\(name)", shape), tops: nil)
    }
    let blocks: Shape = [Moments.blocks(shape.count)]
    return Moments(
      mean: try file.numbers(.u8, "adamw.mean/\(name)", shape), square: try file.numbers(.u8, "adamw.square/\(name)", shape),
      tops: (try file.floats("adamw.mean_top/\(name)", blocks), try file.floats("adamw.square_top/\(name)", blocks)))
  }

  /// What is learned in a checkpoint, by name, whatever statement wrote it: the result of a training that was stopped.
  ///
  /// - Throws: ``FormatError`` when it is no such file.
  package static func values(_ path: String) throws(FormatError) -> [(name: String, value: Tensor)] {
    let file = try open(path)
    var values: [(name: String, value: Tensor)] = []
    for key in file.keys where key.hasPrefix("value/") { values.append((String(key.dropFirst(6)), try file.tensor(key))) }
    return values
  }

  /// What the statement that wrote a checkpoint said under `key`.
  package static func statement(_ path: String, _ key: String) throws(FormatError) -> String? { try open(path).text("statement.\(key)") }

  /// Whether the file is a checkpoint of a learner.
  package static func isCheckpoint(_ path: String) -> Bool { (try? SafetensorsFile(path: path))?.text("format") == version }

  private static func open(_ path: String) throws(FormatError) -> SafetensorsFile {
    let file = try SafetensorsFile(path: path)
    guard file.text("format") == version else {
      throw FormatError("is no checkpoint of a training", file: path, found: file.text("format") ?? "no format", expected: version)
    }
    return file
  }

  private static func losses(_ file: SafetensorsFile, _ steps: Int) throws(FormatError) -> LossRecord {
    let listed = file.text("losses").flatMap { try? JSON(parsing: $0, file: file.name) }
    guard let names = listed?.array?.compactMap(\.string) else { throw FormatError("does not name its losses", file: file.name) }
    var terms: [String: [Float]] = [:]
    for name in names { terms[name] = try file.floats("loss/\(name)", [steps]).floats() }
    return LossRecord(names: names, terms: terms, totals: try file.floats("loss.total", [steps]).floats())
  }
}

extension SafetensorsFile {
  fileprivate func text(_ key: String) -> String? { metadata.first { $0.key == key }?.value }

  /// An f32 tensor of this shape.
  fileprivate func floats(_ key: String, _ shape: Shape) throws(FormatError) -> Tensor { try numbers(.f32, key, shape) }

  fileprivate func numbers(_ dtype: DType, _ key: String, _ shape: Shape) throws(FormatError) -> Tensor {
    let tensor = try tensor(key)
    guard tensor.dtype == dtype, tensor.shape == shape else {
      throw FormatError("does not fit what is learned", file: name, key: key, found: "\(tensor.dtype.name) \(tensor.shape)", expected: "\(dtype.name) \(shape)")
    }
    return tensor
  }
}
