import LimnTensor

/// Parameters while they are learned: their values, the optimizers with what they remember, and the losses so far.
///
/// A value, so that an earlier one is an earlier state. A step that throws leaves the learner it was asked of as it was.
///
///     var fit = Learner([("w", w)], optimizer: Optimizer(.adamW(AdamW())), seed: 0)
///     fit = try fit.step { w in [("loss", (w[0] - 1).squared().mean())] }
package struct Learner: Sendable {
  /// What is the same for every step.
  package struct Settings: Sendable, Equatable {
    package var seed: Int
    /// How many evaluations of the loss one update follows, their gradients averaged.
    package var accumulate: Int
    /// The decay of the running average of the parameters; nil keeps none.
    package var average: Double?
    /// The updates that schedules are laid out for.
    package var length: Int?

    package init(seed: Int = 0, accumulate: Int = 1, average: Double? = nil, length: Int? = nil) {
      (self.seed, self.accumulate, self.average, self.length) = (seed, accumulate, average, length)
    }
  }

  /// Names in the order they were given; that of the tensors a step watches.
  package let names: [String]
  package internal(set) var values: [String: Tensor]
  /// The parameters' running averages, when they are kept.
  package internal(set) var averages: [String: Tensor] = [:]
  /// How they are changed; each name belongs to one.
  package let optimizers: [(optimizer: Optimizer, names: [String])]
  package let settings: Settings
  /// Updates made.
  package internal(set) var steps = 0
  package internal(set) var losses = LossRecord()
  var state = Optimizer.State()

  /// - Traps: when a name occurs twice.
  package init(_ parameters: [(name: String, value: Tensor)], optimizer: Optimizer, seed: Int) {
    self.init(parameters, optimizers: [(optimizer, parameters.map(\.name))], settings: Settings(seed: seed))
  }

  /// - Parameter optimizers: Each with the names it changes. Their clips are one: the length of all gradients together.
  /// - Traps: when a name occurs twice, or the optimizers differ in `clip`.
  package init(_ parameters: [(name: String, value: Tensor)], optimizers: [(optimizer: Optimizer, names: [String])], settings: Settings) {
    precondition(optimizers.allSatisfy { $0.optimizer.clip == optimizers[0].optimizer.clip }, "the gradients are clipped together")
    names = parameters.map(\.name)
    values = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value.detached()) })
    self.optimizers = optimizers
    self.settings = settings
    if settings.average != nil { averages = values }
  }

  /// The values in the order of ``names``.
  package var parameters: [Tensor] { names.map { values[$0]! } }

  /// The random stream of the next step: of its seed and number, so that what one step draws shifts no other's.
  package var stream: TorchGenerator { TorchGenerator(keys: streamKeys(0)) }

  /// What the stream of the next update's evaluation `part` is keyed by.
  package func streamKeys(_ part: Int) -> [StreamKey] {
    [.int(settings.seed), .string("train"), .int(steps)] + (part == 0 ? [] : [.int(part)])
  }

  /// One named part of a loss.
  package typealias Term = (name: String, value: Tensor)

  /// Returns the learner one update later; see ``advance(_:)``.
  package func step(_ loss: ([Tensor]) throws -> [Term]) throws -> Learner {
    var next = self
    try next.advance { watched, _ in try loss(watched) }
    return next
  }

  /// Makes one update.
  ///
  /// - Parameter loss: Gets the parameters as watched tensors, and which evaluation of the update it is; its terms, one number each,
  ///   are added.
  /// - Throws: ``LearningError`` for a loss or gradient that is not finite, or one that depends on no parameter; what `loss` throws.
  ///   Nothing has changed then.
  package mutating func advance(_ loss: (_ watched: [Tensor], _ part: Int) throws -> [Term]) throws {
    var sums: [Tensor] = []
    var means = LossMeans()
    for part in 0..<settings.accumulate {
      let gradients = try gradients(part, &means, loss)
      if sums.isEmpty { sums = gradients } else { for index in sums.indices { sums[index] = sums[index] + gradients[index] } }
    }
    if settings.accumulate > 1 { sums = sums.map { $0 * (1 / Float(settings.accumulate)) } }
    var byName = Dictionary(uniqueKeysWithValues: zip(names, sums))
    sums = []
    if let clip = optimizers[0].optimizer.clip { byName = clipped(byName, toNorm: clip).gradients }
    for (optimizer, names) in optimizers {
      let optimizer = optimizer.at(steps, of: settings.length)
      // One by one, so that old and new values of all are never there at once.
      for name in names {
        let value = values.removeValue(forKey: name)!
        values[name] = optimizer.updated([name: value], gradients: [name: byName.removeValue(forKey: name)!], state: &state)[name]
      }
    }
    if let decay = settings.average { averageIn(decay) }
    losses.append(means.terms(settings.accumulate), total: means.total(settings.accumulate))
    steps += 1
  }

  /// The gradients of one evaluation of the loss, in the order of ``names``.
  private func gradients(_ part: Int, _ means: inout LossMeans, _ loss: ([Tensor], Int) throws -> [Term]) throws -> [Tensor] {
    let tape = Tape(budget: Tape.defaultBudget)
    defer { tape.close() }
    let watched = parameters.map { tape.watch($0) }
    let terms = try loss(watched, part)
    for term in terms where !term.value.item.isFinite {
      throw LearningError.lossNotFinite(term: term.name, step: steps, value: term.value.item)
    }
    guard let first = terms.first else { throw LearningError.noTerms }
    let total = terms.dropFirst().reduce(first.value) { $0 + $1.value }
    // A traced total may still belong to a tape inside the loss's own; only ours gives gradients.
    guard total.isTraced else { throw LearningError.independent(names) }
    means.add(terms.map { ($0.name, $0.value.item) }, total: total.item)
    let gradients = tape.gradients(of: total, at: watched)
    for (name, gradient) in zip(names, gradients) {
      guard gradient.isFinite else { throw LearningError.gradientNotFinite(parameter: name, step: steps) }
    }
    return gradients
  }

  /// Moves the averages towards the values. The first ones follow quickly: a decay that assumes a long past would keep the beginning.
  private mutating func averageIn(_ decay: Double) {
    let decay = min(decay, Double(1 + steps) / Double(10 + steps))
    for name in names {
      let before = averages[name]!
      averages[name] = before + Float(1 - decay) * (values[name]! - before)
    }
  }

  /// Bytes of what is learned and kept beside it: values, gradients, what the optimizers remember, averages.
  package var bytes: Int {
    optimizers.reduce(0) { sum, group in
      group.names.reduce(sum) { sum, name in
        let count = values[name]!.count
        return sum + 4 * count * (settings.average == nil ? 2 : 3) + group.optimizer.bytesKept(count)
      }
    }
  }

  /// Numbers that are learned.
  package var count: Int { values.values.reduce(0) { $0 + $1.count } }
}

extension Tensor {
  fileprivate var isFinite: Bool { withFloats { values in values.allSatisfy(\.isFinite) } }
}

/// The loss's terms over the evaluations of one update.
private struct LossMeans {
  private var names: [String] = []
  private var sums: [String: Float] = [:]
  private var total: Float = 0

  mutating func add(_ terms: [(name: String, value: Float)], total: Float) {
    for (name, value) in terms {
      if sums[name] == nil { names.append(name) }
      sums[name, default: 0] += value
    }
    self.total += total
  }

  func terms(_ count: Int) -> [(name: String, value: Float)] { names.map { ($0, sums[$0]! / Float(count)) } }
  func total(_ count: Int) -> Float { total / Float(count) }
}

/// The losses of all steps, term by term.
package struct LossRecord: Sendable {
  /// Names in the order they first occurred.
  package private(set) var names: [String] = []
  /// One value a step; NaN where a step had no such term.
  package private(set) var terms: [String: [Float]] = [:]
  package private(set) var totals: [Float] = []

  package init() {}

  /// - Parameter terms: One list a name, as long as `totals`.
  package init(names: [String], terms: [String: [Float]], totals: [Float]) {
    (self.names, self.terms, self.totals) = (names, terms, totals)
  }

  mutating func append(_ values: [(name: String, value: Float)], total: Float) {
    for name in names { terms[name]!.append(.nan) }
    for (name, value) in values {
      if terms[name] == nil {
        names.append(name)
        terms[name] = Array(repeating: .nan, count: totals.count + 1)
      }
      terms[name]![totals.count] = value
    }
    totals.append(total)
  }
}

/// Why a step of learning could not be made.
package enum LearningError: Error, Equatable, CustomStringConvertible {
  case noTerms
  case lossNotFinite(term: String, step: Int, value: Float)
  case gradientNotFinite(parameter: String, step: Int)
  /// The loss depends on none of these parameters.
  case independent([String])

  package var description: String {
    switch self {
    case .noTerms: "the loss has no terms, expected a number or a map of at least one"
    case .lossNotFinite(let term, let step, let value):
      "the \(term == LearningError.onlyTerm ? "loss" : "loss term '\(term)'") is \(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf") at step \(step), expected a finite number"
    case .gradientNotFinite(let parameter, let step): "the gradient of '\(parameter)' is not finite at step \(step)"
    case .independent(let names): "the loss does not depend on what is learned, \(FormatError.listing(names, first: 6))"
    }
  }

  /// What the term of a loss without names is called.
  package static let onlyTerm = "loss"
}
