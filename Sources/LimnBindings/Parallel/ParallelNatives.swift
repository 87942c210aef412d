import LimnRuntime
import LimnTensor

/// Working on many items at once.
enum ParallelNatives {
  static let all: [Native] = [
    Native("parallel_map(items: any, processes: int = nil, f: function)", doc: "f of every item, in order, worked out by several processes at once (as many as there are threads); the same as a plain map, to the bit. What comes out must be data; an rng from outside may not be drawn from.", effect: .acts) { call in
      let items = try call.items(of: call["items"])
      let function = try call.function("f")
      let count = min(try call.optionalInt("processes", in: 1...256) ?? ThreadPool.threads, items.count)
      // Values go through bytes even when there is one process, so that what may come out does not depend on the machine.
      guard count > 1 else { return call.make(try items.map { try call.hereAndNow(function, $0) }) }
      let workers = try Workers(count, items: items.count) { call.apart(function, items[$0]) }
      let progress = call.service(Progress.self) { Progress() }.begin("parallel_map", items.count)
      let outcomes = try workers.outcomes(of: items.count, { try call.checkInterrupt() }, { progress.step($0) })
      return call.make(try zip(items, outcomes).map { item, outcome in
        guard case .value(let bytes, let said) = outcome else { return try call.hereAndNow(function, item) }
        for line in said { line.isWarning ? call.warn(line.text) : call.output(line.text) }
        var reader = ValueReader(bytes, call.context)
        return try reader.read()
      })
    },
  ]
}

extension NativeCall {
  /// f(item) in this process, through the bytes that another would send.
  fileprivate func hereAndNow(_ function: Value, _ item: Value) throws -> Value {
    var reader = ValueReader(try bytes(function, item), context)
    return try reader.read()
  }

  /// f(item) in a process of its own.
  fileprivate func apart(_ function: Value, _ item: Value) -> Workers.Outcome {
    let listener = Listener()
    context.redirect(to: listener)
    guard let bytes = try? bytes(function, item) else { return .failed }
    return .value(bytes, said: listener.said)
  }

  private func bytes(_ function: Value, _ item: Value) throws -> [UInt8] {
    try drawingScope.inside("parallel_map") {
      try draining {
        var writer = ValueWriter(context)
        try writer.write(try invoke(function, [item]))
        return writer.bytes
      }
    }
  }

  /// Keeps what an item says, so that the parent can say it in order.
  private final class Listener: InterpreterDelegate {
    private(set) var said: [Workers.Said] = []
    func output(_ text: String) { said.append(Workers.Said(isWarning: false, text: text)) }
    func warn(_ message: String) { said.append(Workers.Said(isWarning: true, text: message)) }
    func show(_ values: [Value], _ context: Context) throws {
      throw Fault(.value, "nothing can be shown inside of parallel_map; give it back and show it after")
    }
  }
}
