import LimnTensor

/// Parameters while they are learned: their values, the optimizer with what it remembers, and the losses so far.
///
/// A value, so that an earlier one is an earlier state. A step that throws leaves the learner it was asked of as it was.
///
///     var fit = Learner([("w", w)], optimizer: Optimizer(.adamW(AdamW())), seed: 0)
///     fit = try fit.step { w, rng in [("loss", (w[0] - 1).squared().mean())] }
package struct Learner: Sendable {
  /// Names in the order they were given; that of the tensors a step watches.
  package let names: [String]
  package private(set) var values: [String: Tensor]
  package let optimizer: Optimizer
  package let seed: Int
  /// Updates made.
  package private(set) var steps = 0
  package private(set) var losses = LossRecord()
  private var state = Optimizer.State()

  /// - Traps: when a name occurs twice.
  package init(_ parameters: [(name: String, value: Tensor)], optimizer: Optimizer, seed: Int) {
    names = parameters.map(\.name)
    values = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value.detached()) })
    self.optimizer = optimizer
    self.seed = seed
  }

  /// The values in the order of ``names``.
  package var parameters: [Tensor] { names.map { values[$0]! } }

  /// The random stream of the next step: of its seed and number, so that what one step draws shifts no other's.
  package var stream: TorchGenerator { TorchGenerator(keys: [.int(seed), .string("train"), .int(steps)]) }

  /// One named part of a loss.
  package typealias Term = (name: String, value: Tensor)

  /// Returns the learner one update later.
  ///
  /// - Parameter loss: Gets the parameters as watched tensors; its terms, one number each, are added.
  /// - Throws: ``LearningError`` for a loss or gradient that is not finite, or one that depends on no parameter; what `loss` throws.
  package func step(_ loss: ([Tensor]) throws -> [Term]) throws -> Learner {
    let tape = Tape(budget: Tape.defaultBudget)
    defer { tape.close() }
    let watched = parameters.map { tape.watch($0) }
    let terms = try loss(watched)
    for term in terms where !term.value.item.isFinite {
      throw LearningError.lossNotFinite(term: term.name, step: steps, value: term.value.item)
    }
    guard let first = terms.first else { throw LearningError.noTerms }
    let total = terms.dropFirst().reduce(first.value) { $0 + $1.value }
    // A traced total may still belong to a tape inside the loss's own; only ours gives gradients.
    guard total.isTraced else { throw LearningError.independent(names) }
    let gradients = tape.gradients(of: total, at: watched)
    for (name, gradient) in zip(names, gradients) {
      guard gradient.floats().allSatisfy(\.isFinite) else { throw LearningError.gradientNotFinite(parameter: name, step: steps) }
    }
    var next = self
    next.values = optimizer.updated(
      values, gradients: Dictionary(uniqueKeysWithValues: zip(names, gradients)), state: &next.state)
    next.losses.append(terms.map { ($0.name, $0.value.item) }, total: total.item)
    next.steps += 1
    return next
  }
}

/// The losses of all steps, term by term.
package struct LossRecord: Sendable {
  /// Names in the order they first occurred.
  package private(set) var names: [String] = []
  /// One value a step; NaN where a step had no such term.
  package private(set) var terms: [String: [Float]] = [:]
  package private(set) var totals: [Float] = []

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
