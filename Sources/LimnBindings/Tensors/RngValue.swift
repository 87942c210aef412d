import LimnRuntime
import LimnTensor

/// A random stream: the one value that moves. Each draw advances it under every name that holds it.
package final class RngValue: HostObject {
  package private(set) var generator: TorchGenerator
  /// The ``DrawingScope`` it was made in.
  private let scope: Int
  /// The ``Making/epoch`` it was made in: a loop may make a million streams, and none of them can be gone back to.
  private let born: Int
  /// What it is keyed by; nil for a copy, which is somewhere on its way.
  let keys: [StreamKey]?

  package convenience init(keys: [StreamKey], in context: Context) { self.init(TorchGenerator(keys: keys), keys: keys, in: context) }

  package init(_ generator: TorchGenerator, keys: [StreamKey]? = nil, in context: Context) {
    self.generator = generator
    self.keys = keys
    scope = context.drawingScope.current
    born = context.epoch
  }

  package var typeName: String { "rng" }
  package func description(_ context: Context) -> String { "rng" }
  package func savedState() -> Any? { generator.copy() }
  package func restore(_ state: Any) {
    if let saved = state as? TorchGenerator { generator = saved.copy() }
  }

  /// The generator, about to be drawn from.
  ///
  /// - Throws: A value fault inside of `train` and the like when it was made outside.
  func drawing(_ context: Context) throws -> TorchGenerator {
    let inside = context.drawingScope
    guard scope >= inside.current else {
      throw Fault(
        .value, "this rng was made outside of '\(inside.name)'; inside, only one made there may be drawn from",
        help: inside.name == "train" ? "it.rng" : nil)
    }
    if born != context.epoch { context.willChange(self) }
    return generator
  }
}

/// Which random streams may be drawn from: inside of a construct that calls a function over and over, or elsewhere, only those made in it.
final class DrawingScope {
  /// The number of the innermost one; 0 outside of all. Those begun later have greater numbers.
  private(set) var current = 0
  /// What the innermost is called.
  private(set) var name = ""
  private var last = 0

  func inside<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
    let outer = (current, self.name)
    last += 1
    (current, self.name) = (last, name)
    defer { (current, self.name) = outer }
    return try body()
  }
}

extension Making {
  var drawingScope: DrawingScope { service(DrawingScope.self) { DrawingScope() } }
}

/// Random numbers equal to torch's CPU generator, and independent streams keyed by values.
enum RandomNatives {
  static let all: [Native] = [
    Native("rng(seed: int, ..keys)", doc: "A random stream: `rng(7)` is torch's CPU generator seeded with 7, `rng(7, step, \"flip\")` an independent stream for these keys.", known: .gives("rng")) { call in
      let seed = try call.int(0)
      guard !call.rest.isEmpty else { return call.make(RngValue(TorchGenerator(seed: Int64(seed)), keys: [.int(seed)], in: call.context)) }
      return call.make(RngValue(keys: [.int(seed)] + (try keys(call)), in: call.context))
    },
    Native("stream(rng: rng, ..keys)", doc: "An independent stream for a purpose: `it.rng.stream(\"flip\")`. It depends on what the rng was made from and on these keys, not on what was drawn, and drawing from it moves no other stream.", known: .gives("rng")) { call in
      guard !call.rest.isEmpty else { throw call.fault(.value, "a stream has at least one key, as stream(r, \"flip\")", at: 0) }
      guard let own = try call.host(RngValue.self, 0).keys else { throw call.fault(.value, "a copy of an rng has no streams, expected one made by rng(…)", at: 0) }
      return call.make(RngValue(keys: own + (try keys(call)), in: call.context))
    },
    Native("copy(rng: rng)", doc: "A stream that goes on from here by itself.", known: .gives("rng")) { call in
      call.make(RngValue(try call.host(RngValue.self, 0).generator.copy(), in: call.context))
    },
    draw("randn(rng: rng, shape: any)", "Normal numbers, mean 0 and deviation 1, equal to torch.randn.", .shaped(by: "shape")) { try $0.randn($1.shape("shape")) },
    draw("rand(rng: rng, shape: any)", "Uniform numbers from 0 to just below 1, equal to torch.rand.", .shaped(by: "shape")) { try $0.rand($1.shape("shape")) },
    draw("randint(rng: rng, low: int, high: int, shape: any = [])", "Whole numbers from `low` to just below `high`, i64, equal to torch.randint.", .shaped(by: "shape")) { generator, call in
      let (low, high) = (try call.int("low"), try call.int("high"))
      guard low < high else { throw call.fault(.value, "'low' is \(low), expected less than 'high', \(high)", at: "low") }
      return generator.randint(low, high, try call.shape("shape"))
    },
    draw("randperm(rng: rng, count: int)", "The numbers 0…count - 1 in random order, i64, equal to torch.randperm.", .shaped(by: "count")) { try $0.randperm($1.int("count", in: 0...(1 << 26))) },
    Native("choice(rng: rng, items: list)", doc: "One item of a list, each as likely as any other.", effect: .acts) { call in
      let items = try call.list("items")
      guard !items.isEmpty else { throw call.fault(.value, "there is nothing to choose from", at: "items") }
      return items[try call.host(RngValue.self, 0).drawing(call.context).randint(0, items.count, []).ints()[0]]
    },
    Native("shuffle(rng: rng, items: list)", doc: "The items of a list in random order.", effect: .acts) { call in
      let items = try call.list("items")
      return call.make(try call.host(RngValue.self, 0).drawing(call.context).randperm(items.count).ints().map { items[$0] })
    },
    Native("subset(rng: rng, items: list, uniform: bool = false)", doc: "Union sampling: a size drawn uniformly from 1…n, then that many distinct items in random order; `uniform: true` draws any non-empty subset with the same chance.", effect: .acts) { call in
      let items = try call.list("items")
      guard !items.isEmpty, items.count <= 30 else { throw call.fault(.value, "a subset is drawn of 1 to 30 items, found \(items.count)", at: "items") }
      let generator = try call.host(RngValue.self, 0).drawing(call.context)
      if try call.bool("uniform") {
        let bits = generator.randint(1, 1 << items.count, []).ints()[0]
        return call.make(items.enumerated().filter { bits & (1 << $0.offset) != 0 }.map(\.element))
      }
      let size = 1 + generator.randint(0, items.count, []).ints()[0]
      return call.make(generator.randperm(items.count).ints().prefix(size).map { items[$0] })
    },
  ]

  private static func keys(_ call: NativeCall) throws -> [StreamKey] {
    try call.rest.map { key in
      if let text = key.string { return .string(text) }
      if case .int(let number)? = key.number { return .int(number) }
      if let number = key.number { return .float(number.double) }
      throw call.fault(.type, "the keys of a stream are numbers and strings, found \(call.brief(key))", at: "keys")
    }
  }

  private static func draw(_ signature: String, _ doc: String, _ known: Inference, _ body: @escaping @Sendable (TorchGenerator, NativeCall) throws -> Tensor) -> Native {
    Native(signature, doc: doc, effect: .acts, known: known) { call in
      call.make(try body(try call.host(RngValue.self, 0).drawing(call.context), call))
    }
  }
}
