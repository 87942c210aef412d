import Glibc

/// How a learning rate changes from update to update. A description: what it gives depends on the number of updates made alone.
///
/// - Source: the arithmetic of diffusers' `get_scheduler` ("constant_with_warmup", "linear", "cosine"); lists of rates as A1111's
///   textual inversion takes them.
package struct Schedule: Sendable, Equatable {
  package enum Form: String, Sendable, CaseIterable { case constant, linear, cosine }

  /// A rate and the last update, counted from 1, that is made with it.
  package struct Piece: Sendable, Equatable {
    package let rate: Double
    package let last: Int

    package init(rate: Double, last: Int) { (self.rate, self.last) = (rate, last) }
  }

  package var form: Form
  /// Updates in which the rate rises from 0 to its full size.
  package var warmup: Int
  /// Updates until the rate is 0, for the forms that fall; nil is the length of the training.
  package var length: Int?
  /// Rates one after the other in the place of a form; the last one stays.
  package var pieces: [Piece]

  package init(_ form: Form = .constant, warmup: Int = 0, length: Int? = nil, pieces: [Piece] = []) {
    (self.form, self.warmup, self.length, self.pieces) = (form, warmup, length, pieces)
  }

  /// Whether it needs to know how long the training is.
  package var needsLength: Bool { pieces.isEmpty && form != .constant && length == nil }

  /// The rate of the update after `done` ones.
  ///
  /// - Parameter total: The length of the training, for a schedule that has none of its own.
  /// - Traps: when it needs a length and there is none.
  package func rate(_ base: Double, done: Int, total: Int?) -> Double {
    if let last = pieces.last { return (pieces.first { done < $0.last } ?? last).rate }
    if done < warmup { return base * Double(done) / Double(warmup) }
    guard form != .constant else { return base }
    guard let length = length ?? total else { preconditionFailure("a \(form.rawValue) schedule without a length") }
    let left = Double(max(0, length - done)) / Double(max(1, length - warmup))
    return form == .linear ? base * left : base * 0.5 * (1 + cos(.pi * (1 - left)))
  }

  /// Reads `"0.005:100, 1e-3:1000"`: pairs of a rate and the last update that is made with it; the last may stand alone.
  ///
  /// - Returns: nil if the text is nothing of the kind.
  package static func pieces(_ text: String) -> [Piece]? {
    var pieces: [Piece] = []
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { part in part.filter { $0 != " " } }
    for (index, part) in parts.enumerated() {
      let sides = part.split(separator: ":", omittingEmptySubsequences: false)
      guard let rate = sides.first.flatMap({ Double($0) }), rate.isFinite, rate >= 0 else { return nil }
      let last: Int?
      switch sides.count {
      case 1: last = index == parts.count - 1 ? .max : nil
      case 2: last = Int(sides[1])
      default: last = nil
      }
      guard let last, last > pieces.last?.last ?? 0 else { return nil }
      pieces.append(Piece(rate: rate, last: last))
    }
    return pieces
  }
}
