import LimnNN
import LimnTensor

/// One layer of a network at one size: how much it computes, and how to run it by itself on random numbers.
///
/// A list of them is what a benchmark needs to say where the time of an evaluation goes. Layers are the model's own, so that precision and
/// packed weights are those of the evaluation.
package struct LayerWork: Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case convolution, linear, attention, norm
    /// Functions of single elements, copies.
    case other
  }

  /// The checkpoint's own name of the layer: `down_blocks.0.resnets.0.conv1`.
  package let name: String
  package let kind: Kind
  /// Sizes in words, `320→320 3×3 at 64×64 ×2`; layers that agree in it take the same time.
  package let size: String
  /// Floating-point operations, a multiply-add counted as two; 0 for norms and other passes over memory.
  package let operations: Double
  /// Whether it looks at the words alone, so that it is done once a picture and not once a step.
  package let isOfWords: Bool
  /// Makes its inputs; what it returns runs the layer once.
  package let prepare: @Sendable () -> () -> Void
}

/// Layers as a walk over a network finds them.
struct WorkList {
  private(set) var layers: [LayerWork] = []
  /// Rows of the batch.
  let rows: Int

  init(rows: Int) { self.rows = rows }

  private static func noise(_ shape: Shape) -> Tensor { TorchGenerator(seed: 0).randn(shape) }

  /// Returns the size of the result.
  @discardableResult
  mutating func convolution(_ name: String, _ conv: Conv2d, _ height: Int, _ width: Int, doubled: Bool = false) -> (height: Int, width: Int) {
    let w = conv.weight.shape  // [O, I, K, K]
    let out = (
      height: (height + conv.padding.top + conv.padding.bottom - w[2]) / conv.stride + 1,
      width: (width + conv.padding.left + conv.padding.right - w[3]) / conv.stride + 1
    )
    let rows = rows
    layers.append(
      LayerWork(
        name: name, kind: .convolution,
        size: "\(w[1])→\(w[0]) \(w[2])×\(w[3]) at \(out.width)×\(out.height)\(conv.stride > 1 ? " stride \(conv.stride)" : "")\(doubled ? " doubled" : "") ×\(rows)",
        operations: 2 * Double(w.count) * Double(rows * out.height * out.width), isOfWords: false
      ) {
        let x = Self.noise([rows, w[1], doubled ? height / 2 : height, doubled ? width / 2 : width]).channelsLast()
        return { _ = conv(x, doubled: doubled) }
      })
    return out
  }

  /// - Parameter count: Rows of the product in each row of the batch: cells or tokens.
  mutating func linear(_ name: String, _ linear: Linear, count: Int, isOfWords: Bool = false) {
    let rows = rows
    layers.append(
      LayerWork(
        name: name, kind: .linear, size: "\(linear.inputs)→\(linear.outputs) for \(count) ×\(rows)",
        operations: 2 * Double(linear.inputs * linear.outputs) * Double(rows * count), isOfWords: isOfWords
      ) {
        let x = Self.noise([rows, count, linear.inputs])
        return { _ = linear(x) }
      })
  }

  mutating func attention(_ name: String, queries: Int, keys: Int, features: Int, heads: Int, causal: Bool = false, precision: Precision = .f32) {
    let rows = rows
    layers.append(
      LayerWork(
        name: name, kind: .attention, size: "\(queries)·\(keys), \(heads) heads of \(features / heads) ×\(rows)",
        operations: (causal ? 2 : 4) * Double(rows * queries * keys) * Double(features), isOfWords: causal
      ) {
        let q = Self.noise([rows, queries, features]), k = Self.noise([rows, keys, features])
        return { _ = LimnTensor.attention(q, k, k, heads: heads, causal: causal, precision: precision) }
      })
  }

  mutating func norm(_ name: String, _ norm: GroupNorm, _ height: Int, _ width: Int, silu: Bool) {
    let (rows, channels) = (rows, norm.weight.shape[0])
    pass(name, .norm, "groups of \(channels) at \(width)×\(height)\(silu ? " + SiLU" : "") ×\(rows)") {
      let x = Self.noise([rows, channels, height, width]).channelsLast()
      return { _ = norm(x, silu: silu) }
    }
  }

  mutating func norm(_ name: String, _ norm: LayerNorm, count: Int) {
    let (rows, features) = (rows, norm.weight.shape[0])
    pass(name, .norm, "layers of \(features) for \(count) ×\(rows)") {
      let x = Self.noise([rows, count, features])
      return { _ = norm(x) }
    }
  }

  /// Something else that goes over a tensor of `shape`.
  mutating func other(_ name: String, _ words: String, _ shape: Shape, channelsLast: Bool = false, _ body: @escaping @Sendable (Tensor) -> Tensor) {
    pass(name, .other, "\(words) of \(shape)") {
      let x = channelsLast ? Self.noise(shape).channelsLast() : Self.noise(shape)
      return { _ = body(x) }
    }
  }

  private mutating func pass(_ name: String, _ kind: LayerWork.Kind, _ size: String, _ prepare: @escaping @Sendable () -> () -> Void) {
    layers.append(LayerWork(name: name, kind: kind, size: size, operations: 0, isOfWords: false, prepare: prepare))
  }
}

extension WorkList {
  mutating func resnet(_ name: String, _ block: ResnetBlock, _ height: Int, _ width: Int) {
    norm("\(name).norm1", block.norm1, height, width, silu: true)
    if let time = block.timeProjection { linear("\(name).time_emb_proj", time, count: 1) }
    convolution("\(name).conv1", block.conv1, height, width)
    norm("\(name).norm2", block.norm2, height, width, silu: true)
    if let shortcut = block.shortcut { linear("\(name).conv_shortcut", shortcut.linear, count: height * width) }
    convolution("\(name).conv2", block.conv2, height, width)
  }

  /// Doubles the sides; returns the new ones.
  mutating func upsample(_ name: String, _ block: Upsample, _ height: Int, _ width: Int) -> (height: Int, width: Int) {
    convolution("\(name).conv", block.conv, 2 * height, 2 * width, doubled: true)
  }
}
