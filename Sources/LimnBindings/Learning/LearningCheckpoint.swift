import Glibc
import LimnDiffusion
import LimnNN
import LimnRuntime
import LimnTensor

/// The file of `checkpoint:`, from which the same statement goes on.
struct LearningCheckpoint {
  let call: NativeCall
  let path: String
  let statement: LearnerFile.Statement
  /// Updates between two writings; nil writes so that it costs little.
  private let every: Int?
  private var clock = Clock()
  private var written: Int

  /// Nil where no file was asked for.
  ///
  /// - Throws: An io fault when it cannot be written, before any work is done.
  init?(_ call: NativeCall, _ fit: LearnerValue, _ loss: Value) throws {
    guard call.has("checkpoint") else {
      if call.has("checkpoint_every") { throw call.fault(.value, "'checkpoint_every' goes with 'checkpoint', found it alone", at: "checkpoint_every") }
      return nil
    }
    self.call = call
    path = try call.target("checkpoint")
    every = try call.optionalInt("checkpoint_every", in: 1...100_000_000)
    statement = try Self.statement(call, fit, loss)
    written = -1
    AtomicFile.removeLeftOvers(of: path)
  }

  /// The learner where the file's training stopped; as it is where there is no file yet.
  mutating func resumed(_ fit: LearnerValue) throws -> LearnerValue {
    guard access(path, F_OK) == 0 else { return fit }
    do {
      let (learner, state) = try LearnerFile.read(path, into: fit.learner, statement: statement)
      written = learner.steps
      var reader = ValueReader(state, call.context)
      return fit.with(learner, state: state.isEmpty ? fit.state : call.hold(try reader.read()))
    } catch let error as FormatError {
      throw call.fault(.value, error.message, at: "checkpoint", help: error.help)
    }
  }

  /// Writes the file if it is time to.
  mutating func pass(_ fit: LearnerValue) throws {
    let isTime = every.map { fit.learner.steps % $0 == 0 } ?? clock.isTime
    if isTime { try write(fit) }
  }

  /// Writes the file unless it holds this already.
  mutating func write(_ fit: LearnerValue) throws {
    guard fit.learner.steps != written else { return }
    clock.begin()
    var state = ValueWriter(call.context, for: "a checkpoint")
    if let kept = fit.state { try state.write(kept.value) }
    try call.writing("checkpoint") { try LearnerFile.write(fit.learner, statement: statement, state: state.bytes, to: $0) }
    clock.end()
    written = fit.learner.steps
  }

  /// What makes this training the one it is, by name.
  private static func statement(_ call: NativeCall, _ fit: LearnerValue, _ loss: Value) throws -> LearnerFile.Statement {
    let learner = fit.learner
    var statement = LearnerFile.Statement()
    func add(_ key: String, _ value: String) { statement.settings.append((key, value)) }
    if let model = fit.base { add("model", text(model, call)) }
    add("params", learner.names.map { "\($0) \(learner.values[$0]!.shape)" }.joined(separator: ", "))
    let scales = fit.parts.adapters.map { JSON.Member($0.plan.name, .number($0.plan.alpha / Double($0.plan.rank))) }
    if !scales.isEmpty { add("adapters", JSON.object(scales).description) }
    add("start", hash { digest in for name in learner.names { digest.update(learner.values[name]!) } })
    add("optimizer", learner.optimizers.map { OptimizerValue($0.optimizer).description(call.context) }.joined(separator: "; "))
    add("seed", String(learner.settings.seed))
    add("accumulate", String(learner.settings.accumulate))
    add("ema", learner.settings.average.map { String($0) } ?? "nil")
    if let length = learner.settings.length { add("steps", String(length)) }
    let identity = call.identity(of: loss)
    add("loss", hash { digest in for text in identity.texts { digest.update(Array(text.utf8)) } })
    for (name, value) in identity.data {
      guard let text = try data(value, call) else { continue }
      statement.values.append((name, text))
    }
    return statement
  }

  /// A model with all that was learned or loaded into it.
  private static func text(_ model: Model, _ call: NativeCall) -> String {
    let file = call.service(ModelStore.self) { ModelStore() }.quickHash(of: model).map { " " + $0.prefix(10) } ?? ""
    let learned = model.concepts.map(\.name) + model.adapters.map(\.name) + (model.replaced.isEmpty ? [] : ["\(model.replaced.count) weights"])
    if learned.isEmpty { return model.name + file }
    let numbers = hash { digest in
      for concept in model.concepts { digest.update(concept.vectors.detached()) }
      for adapter in model.adapters {
        digest.update(Array("\(adapter.strength)".utf8))
        for key in adapter.layers.keys.sorted() { for matrix in [adapter.layers[key]!.down, adapter.layers[key]!.up] { digest.update(matrix.detached()) } }
      }
      for key in model.replaced.keys.sorted() { digest.update(model.replaced[key]!.tensor.detached()) }
    }
    return "\(model.name)\(file) with \(learned.joined(separator: ", ")) (\(numbers))"
  }

  /// A value that the loss reads, as text to compare; nil for what changes while nothing the loss sees does.
  private static func data(_ value: Value, _ call: NativeCall) throws -> String? {
    if let model = (value.host as? ModelValue)?.model { return text(model, call) }
    do {
      let digest = try ValueWriter.digest(of: value, call.context, for: "a checkpoint")
      return "\(call.brief(value).prefix(60)) (\(digest.prefix(12)))"
    } catch let fault as Fault where fault.kind == .type { return nil }
  }

  private static func hash(_ body: (inout SHA256) -> Void) -> String {
    var digest = SHA256()
    body(&digest)
    return String(digest.finish().prefix(12))
  }
}

/// Keeps the cost of writing to a fiftieth of the time, and a second apart at least.
private struct Clock {
  private var last = now
  private var began = 0.0
  private var cost = 0.0

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  var isTime: Bool { Self.now - last > max(1, 50 * cost) }
  mutating func begin() { began = Self.now }
  mutating func end() {
    last = Self.now
    cost = last - began
  }
}

extension SHA256 {
  /// Takes in a tensor's shape and numbers; of a large one the first 65,536.
  fileprivate mutating func update(_ tensor: Tensor) {
    update(Array("\(tensor.shape)".utf8))
    tensor.withFloats { values in update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(values).prefix(1 << 18))) }
  }

  fileprivate mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }
}
