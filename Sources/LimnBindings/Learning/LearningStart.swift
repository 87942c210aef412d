import LimnDiffusion
import LimnNN
import LimnRuntime
import LimnTensor

/// Begins a learner from the arguments of `train` and `learner`.
struct LearningStart {
  let call: NativeCall

  /// The learner that the arguments ask for.
  ///
  /// - Parameter length: How many steps it will make, where that is known.
  func learner(length: Int?, state: Value = .nil) throws -> LearnerValue {
    let base = (call[0].host as? ModelValue)?.model
    if base == nil, call.has("params") {
      throw call.fault(.type, "'params' lists what a model learns, found \(call.brief(call[0])) as the model", at: 0)
    }
    guard base == nil || call.has("params") else {
      throw Fault(.value, "'params' says what to learn of the model, found none", help: "params: [token(\"<panda>\", from: \"panda\")]")
    }
    let key: ParameterKey = base == nil ? 0 : "params"
    let seed = try call.seed()
    var reader = TrainableReader(call, key, model: base, seed: seed)
    let trainable = try reader.read(call[key])
    let names = reader.leaves.names
    if names.count > Set(names).count, let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw call.fault(.value, "two tensors are called '\(twice)'", at: key)
    }
    let optimizers = try optimizers(trainable, names)
    if length == nil, optimizers.contains(where: { $0.optimizer.schedule.needsLength }) {
      throw call.fault(.value, "a schedule that falls needs its 'length' here", at: "optimizer", help: "adamw(lr: 1e-3, schedule: \"cosine\", length: 400)")
    }
    if let length, let warm = optimizers.first(where: { $0.optimizer.schedule.needsLength && $0.optimizer.schedule.warmup >= length && length > 0 }) {
      throw call.fault(.value, "the 'warmup' of \(warm.optimizer.schedule.warmup) steps fills the training of \(length)", at: "optimizer")
    }
    let average = try call.optionalFloat("ema")
    if let average, !(average > 0 && average < 1) { throw call.fault(.value, "'ema' is \(average), expected a decay above 0 and below 1", at: "ema", help: "ema: 0.999") }
    let settings = Learner.Settings(
      seed: seed, accumulate: try call.int("accumulate", in: 1...1_000_000), average: average,
      length: optimizers.contains { $0.optimizer.schedule.needsLength } ? length : nil)
    let learner = Learner(Array(zip(names, reader.leaves.tensors)).map { (name: $0.0, value: $0.1) }, optimizers: optimizers, settings: settings)
    try fits(learner)
    return LearnerValue(base: base, trainable: trainable, parts: reader.leaves.parts, learner: learner, state: state.isNil ? nil : call.hold(state))
  }

  /// One optimizer for all, or a map of one for each item of `params:`.
  private func optimizers(_ trainable: Trainable, _ names: [String]) throws -> [(optimizer: Optimizer, names: [String])] {
    guard call.has("optimizer") else { return [(Optimizer(.adamW(AdamW()), clip: 1), names)] }
    if let one = call["optimizer"].host as? OptimizerValue { return [(one.optimizer, names)] }
    guard let entries = call["optimizer"].map, !entries.isEmpty else {
      throw call.mismatch("optimizer", "an optimizer such as adamw(lr: 5e-4), or a map of one for each item of 'params'")
    }
    guard case .map(let items) = trainable else { throw call.fault(.value, "a map of optimizers needs 'params' with names", at: "optimizer") }
    var rest = entries
    let result = try items.map { item -> (optimizer: Optimizer, names: [String]) in
      guard let place = try rest.firstIndex(where: { try call.equal($0.key, item.key.value) }) else {
        throw call.fault(.value, "there is no optimizer for \(call.brief(item.key.value)), expected one for each item of 'params'", at: "optimizer")
      }
      guard let optimizer = rest.remove(at: place).value.host as? OptimizerValue else {
        throw call.fault(.type, "\(call.brief(item.key.value)) needs an optimizer such as adamw(lr: 5e-4)", at: "optimizer")
      }
      return (optimizer.optimizer, item.item.leaves.map { names[$0] })
    }
    if let extra = rest.first { throw call.fault(.value, "there is an optimizer for \(call.brief(extra.key)), which is not in 'params'", at: "optimizer") }
    guard result.allSatisfy({ $0.optimizer.clip == result[0].optimizer.clip }) else {
      throw call.fault(.value, "gradients are clipped all together, so all optimizers must have one 'clip', found \(FormatError.listing(result.map { $0.optimizer.clip.map { TensorText.short($0) } ?? "nil" }))", at: "optimizer")
    }
    return result.filter { !$0.names.isEmpty }
  }

  /// - Throws: A memory fault before anything is made when it is sure not to fit.
  private func fits(_ learner: Learner) throws {
    // The values are there already.
    let more = learner.bytes - 4 * learner.count
    try call.require(bytes: more)
    guard let free = FreeMemory.bytes, more > free else { return }
    throw call.fault(
      .memory, "learning \(learner.count) numbers takes \(FreeMemory.text(more)) beside them (gradients, what the optimizer remembers, averages), \(FreeMemory.text(free)) are free; fewer are in lora(rank: 4), \"unet.cross_kv\" and tokens", at: call.has("params") ? "params" : 0)
  }
}

extension Trainable {
  /// The places of all tensors in it.
  var leaves: [Int] {
    switch self {
    case .tensor(let leaf), .token(let leaf): [leaf]
    case .weights(let entries): entries.map(\.leaf)
    case .map(let entries): entries.flatMap(\.item.leaves)
    case .list(let items): items.flatMap(\.leaves)
    case .constant: []
    }
  }
}

/// What this machine could still give.
enum FreeMemory {
  /// Bytes that can be taken without swapping, as Linux estimates it; nil where it does not say.
  static var bytes: Int? {
    FileBytes.lines("/proc/meminfo").first { $0.hasPrefix("MemAvailable:") }?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  static func text(_ bytes: Int) -> String {
    bytes < 1 << 30 ? "\((bytes >> 20) + 1) MB" : "\((Double(bytes) / Double(1 << 30) * 10).rounded() / 10) GB"
  }
}
