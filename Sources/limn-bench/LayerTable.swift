import Glibc
import LimnDiffusion
import LimnTensor

/// Layers timed one by one, and the sums by kind and by size.
struct LayerTable {
  private struct Row {
    var count = 0
    var seconds = 0.0
    var operations = 0.0
  }

  let text: String

  init(_ work: [LayerWork], repeats: Int) {
    var timed: [String: Double] = [:]
    var sizes: [String: Row] = [:], kinds: [LayerWork.Kind: Row] = [:]
    var all = Row()
    for layer in work {
      let key = "\(layer.kind) \(layer.size)"
      let seconds = timed[key] ?? Self.median(layer, repeats)
      timed[key] = seconds
      func add(_ row: inout Row) {
        row.count += 1
        row.seconds += seconds
        row.operations += layer.operations
      }
      add(&sizes[key, default: Row()])
      add(&kinds[layer.kind, default: Row()])
      add(&all)
    }
    var text = Self.line("all", all, of: all)
    for (kind, row) in kinds.sorted(by: { $0.value.seconds > $1.value.seconds }) { text += Self.line(kind.rawValue, row, of: all) }
    text += "\n"
    for (key, row) in sizes.sorted(by: { $0.value.seconds > $1.value.seconds }) { text += Self.line(key, row, of: all) }
    self.text = text
  }

  private static func median(_ layer: LayerWork, _ repeats: Int) -> Double {
    let run = layer.prepare()
    run()
    // On one thread the processor's own time says the same and is blind to what else the machine does.
    let clock = ThreadPool.threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC
    let seconds = (0..<repeats).map { _ in
      let start = Timing.clock(clock)
      run()
      return Timing.clock(clock) - start
    }
    return seconds.sorted()[repeats / 2]
  }

  private static func line(_ name: String, _ row: Row, of all: Row) -> String {
    let rate = row.operations > 0 ? "\(Timing.digits(row.operations / row.seconds * 1e-9, 3)) GFLOP/s" : ""
    return name.padded(to: 58) + "×\(row.count)".padded(to: 6) + Timing.duration(row.seconds).padded(to: 12)
      + "\(Timing.digits(100 * row.seconds / all.seconds, 3)) %".padded(to: 9) + rate + "\n"
  }
}
