import LimnDiffusion
import LimnRuntime
import LimnTensor

/// A token: a name, and the vectors it starts from. What was learned for it is held by models.
package final class TokenValue: HostObject {
  /// Where its vectors come from before anything is learned.
  package enum Start {
    /// The vectors of a word of the model; as many as `count`.
    case word(String, count: Int)
    /// Random ones.
    case random(count: Int)
    /// These, `[n, D]`.
    case vectors(Tensor)
  }

  package let name: String
  package let start: Start

  package init(name: String, start: Start) {
    self.name = name
    self.start = start
  }

  package var typeName: String { "token" }
  package var isToken: Bool { true }
  package func description(_ context: Context) -> String { name }
  package func isEqual(to other: any HostObject) -> Bool {
    guard let other = other as? TokenValue, other.name == name else { return false }
    switch (start, other.start) {
    case (.word(let a, let m), .word(let b, let n)): return a == b && m == n
    case (.random(let m), .random(let n)): return m == n
    case (.vectors(let a), .vectors(let b)): return a.shape == b.shape && a.floats() == b.floats()
    default: return false
    }
  }
  package var keyHash: Int? { name.hashValue }
  package var memberNames: [String] { ["name", "from", "vectors"] }
  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch (name, start) {
    case ("name", _): context.make(outside: self.name)
    case ("from", .word(let word, _)): context.make(outside: word)
    case ("from", _): .nil
    case ("vectors", .vectors(let tensor)): context.make(tensor)
    case ("vectors", .word(_, let count)), ("vectors", .random(let count)): .int(count)
    default: nil
    }
  }

  /// The token with the vectors that a model holds for its name, else with those it starts from there.
  func concept(in model: Model) throws -> Concept {
    if let known = model.concepts.first(where: { $0.name == name }) { return known }
    let vectors =
      switch start {
      case .word(let word, let count): try model.startingVectors(of: word, count: count)
      case .random(let count): model.randomVectors(for: name, count: count)
      case .vectors(let tensor): tensor
      }
    return Concept(name, vectors: vectors)
  }
}

extension Making {
  /// A text with its tokens written by name, as models read it.
  func named(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { tokens.token($0) != nil }) else { return text }
    return text.unicodeScalars.map { (tokens.token($0) as? TokenValue)?.name ?? String($0) }.joined()
  }

  /// The model with the starting vectors of those tokens in the texts that it never learned. Each is said once.
  func knowingTokens(of texts: [String], _ model: Model) throws -> Model {
    var missing: [TokenValue] = []
    for scalar in texts.lazy.flatMap(\.unicodeScalars) {
      guard let token = tokens.token(scalar) as? TokenValue else { continue }
      let isKnown = model.tokenizer.learned.contains { $0.name == token.name } || missing.contains { $0.name == token.name }
      if !isKnown { missing.append(token) }
    }
    guard !missing.isEmpty else { return model }
    for token in missing {
      let start =
        switch token.start {
        case .word(let word, _): "those of '\(word)'"
        case .random: "random ones"
        case .vectors: "those it was given"
        }
      notices.say("'\(model.name)' never learned the token \(token.name); it has its starting vectors, \(start)", always: false, self)
    }
    return try model.with(missing.map { try $0.concept(in: model) })
  }

  var notices: Notices { service(Notices.self) { Notices() } }
}

/// Warnings that would be repeated otherwise: at each step of a training, or at each prompt with a token.
final class Notices {
  private var said: Set<String> = []
  /// How many constructs that call a function over and over are running.
  private var depth = 0
  private var saidHere: Set<String> = []

  /// Warns, once for all, or with `always` once a training.
  func say(_ message: String, always: Bool = true, _ making: some Making) {
    if !always { guard said.insert(message).inserted else { return } }
    if depth > 0 { guard saidHere.insert(message).inserted else { return } }
    making.warn(message)
  }

  /// Says what is said inside only once.
  func once<Result>(_ body: () throws -> Result) rethrows -> Result {
    depth += 1
    defer {
      depth -= 1
      if depth == 0 { saidHere = [] }
    }
    return try body()
  }
}
