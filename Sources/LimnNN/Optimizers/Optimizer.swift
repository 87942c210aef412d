import LimnTensor

/// How gradients change parameters. A description: what it remembers lives in ``State``.
package struct Optimizer: Sendable, Equatable {
  package enum Rule: Sendable, Equatable {
    case adamW(AdamW)
    case sgd(SGD)
  }

  package var rule: Rule
  /// The greatest length of all gradients together; nil leaves them as they are.
  package var clip: Double?
  package var schedule: Schedule

  package init(_ rule: Rule, clip: Double? = nil, schedule: Schedule = Schedule()) {
    self.rule = rule
    self.clip = clip
    self.schedule = schedule
  }

  /// The rate that the schedule begins with or rises to.
  package var learningRate: Double {
    get {
      switch rule {
      case .adamW(let rule): rule.learningRate
      case .sgd(let rule): rule.learningRate
      }
    }
    set {
      switch rule {
      case .adamW(var rule):
        rule.learningRate = newValue
        self.rule = .adamW(rule)
      case .sgd(var rule):
        rule.learningRate = newValue
        self.rule = .sgd(rule)
      }
    }
  }

  /// The optimizer of one update: with the rate its schedule gives after `done` updates, and nothing left to shorten.
  package func at(_ done: Int, of total: Int?) -> Optimizer {
    var copy = Optimizer(rule)
    copy.learningRate = schedule.rate(learningRate, done: done, total: total)
    return copy
  }

  /// Bytes it remembers of a tensor of so many numbers.
  package func bytesKept(_ count: Int) -> Int {
    switch rule {
    case .adamW(let rule): Moments.bytes(count, inBytes: rule.keepsBytes(count))
    case .sgd(let rule): rule.momentum == 0 ? 0 : 4 * count
    }
  }

  /// What any of the rules remembers. A value: keeping it keeps a way back.
  package struct State: Sendable {
    package var adamW = AdamW.State()
    package var sgd = SGD.State()

    package init() {}
  }

  /// Returns the parameters after one update, gradients shortened first where ``clip`` says so.
  ///
  /// - Traps: when a gradient has no parameter or another shape.
  package func updated(
    _ parameters: [String: Tensor], gradients: [String: Tensor], state: inout State
  ) -> [String: Tensor] {
    let gradients = clip.map { clipped(gradients, toNorm: $0).gradients } ?? gradients
    switch rule {
    case .adamW(let rule): return rule.updated(parameters, gradients: gradients, state: &state.adamW)
    case .sgd(let rule): return rule.updated(parameters, gradients: gradients, state: &state.sgd)
    }
  }
}
