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

  package init(_ rule: Rule, clip: Double? = nil) {
    self.rule = rule
    self.clip = clip
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
