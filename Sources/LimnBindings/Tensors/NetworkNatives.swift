import LimnRuntime
import LimnTensor

/// The operations of which networks are made. A network is a function of its parameters, nested maps of tensors, so nothing here holds a weight.
enum NetworkNatives {
  static let all: [Native] = [
    Native("linear(x: tensor, weight: tensor, bias: tensor = nil)", doc: "x · weightᵀ + bias over the last axis: x [..., I], weight [O, I], bias [O] → [..., O].") { call in
      let (x, weight, bias) = (try numbers(call, 0), try numbers(call, "weight"), try optional(call, "bias"))
      _ = try call.shapes(at: "weight") { try Shape.linear(x.shape, weight: weight.shape, bias: bias?.shape) }
      return call.make(linear(x, weight: weight, bias: bias))
    },
    Native("conv2d(x: tensor, weight: tensor, bias: tensor = nil, stride: int = 1, padding: int = 0)", doc: "A convolution (cross-correlation): x [N, C, H, W], weight [O, C, kh, kw], bias [O] → [N, O, H′, W′]; `padding` rows and columns of zeros on every side, a window every `stride` pixels.") { call in
      let (x, weight, bias) = (try numbers(call, 0), try numbers(call, "weight"), try optional(call, "bias"))
      let stride = try call.int("stride", in: 1...1024), padding = Padding(try call.int("padding", in: 0...1024))
      let target = try call.shapes(at: "weight") { try Shape.conv2d(x.shape, weight: weight.shape, bias: bias?.shape, stride: stride, padding: padding) }
      try call.require(bytes: 4 * target.count)
      return call.make(conv2d(x, weight: weight, bias: bias, stride: stride, padding: padding))
    },
    Native("group_norm(x: tensor, groups: int, weight: tensor = nil, bias: tensor = nil, eps: float = 1e-5)", doc: "x [N, C, …] with mean 0 and variance 1 in each group of channels, then scaled and shifted by weight and bias [C]. Wu and He 2018.", known: .like("x")) { call in
      let (x, weight, bias) = (try numbers(call, 0), try optional(call, "weight"), try optional(call, "bias"))
      let groups = try call.int("groups", in: 1...65536)
      try call.shapes(at: 0) { try Shape.groupNorm(x.shape, groups: groups, weight: weight?.shape, bias: bias?.shape) }
      return call.make(groupNorm(x, groups: groups, weight: weight, bias: bias, eps: Float(try call.float("eps"))))
    },
    Native("layer_norm(x: tensor, weight: tensor = nil, bias: tensor = nil, eps: float = 1e-5)", doc: "Each row of the last axis with mean 0 and variance 1, then scaled and shifted by weight and bias [D]. Ba, Kiros and Hinton 2016.", known: .like("x")) { call in
      let (x, weight, bias) = (try numbers(call, 0), try optional(call, "weight"), try optional(call, "bias"))
      try call.shapes(at: 0) { try Shape.layerNorm(x.shape, weight: weight?.shape, bias: bias?.shape) }
      return call.make(layerNorm(x, weight: weight, bias: bias, eps: Float(try call.float("eps"))))
    },
    Native("attention(q: tensor, k: tensor, v: tensor, heads: int, causal: bool = false)", doc: "softmax(q · kᵀ / √(D / heads)) · v for each head, whose features lie side by side: q [B, Tq, D], k and v [B, Tk, D] → [B, Tq, D]; `causal` lets token i see keys 0…i alone. Vaswani et al. 2017, eq. 1.") { call in
      let (q, k, v) = (try numbers(call, 0), try numbers(call, 1), try numbers(call, 2))
      let heads = try call.int("heads", in: 1...65536)
      try call.shapes(at: 0) { try Shape.attention(q.shape, k.shape, v.shape, heads: heads) }
      return call.make(attention(q, k, v, heads: heads, causal: try call.bool("causal")))
    },
    Native("resample(x: tensor, width: int, height: int, mode: string = \"nearest\")", doc: "x [N, C, H, W] at another size, `mode` \"nearest\", \"bilinear\", \"bicubic\" or \"area\", as torch's interpolate.") { call in
      let x = try numbers(call, 0)
      let (width, height) = (try call.int("width", in: 1...16384), try call.int("height", in: 1...16384))
      let mode = ResizeMode(rawValue: try call.choice("mode", of: ResizeMode.allCases.map(\.rawValue)))!
      let target = try call.shapes(at: 0) { try Shape.resized(x.shape, height: height, width: width) }
      try call.require(bytes: 4 * target.count)
      return call.make(resized(x, height: height, width: width, mode: mode))
    },
    Native("quick_gelu(x: tensor)", doc: "x · sigmoid(1.702 x), elementwise: CLIP's activation.", known: .like("x")) { call in call.make(try numbers(call, 0).quickGelu()) },
  ]

  /// The kernels multiply f32.
  private static func numbers(_ call: NativeCall, _ key: ParameterKey) throws -> Tensor {
    let tensor = try call.tensor(key)
    return tensor.dtype == .f32 ? tensor : tensor.converted(to: .f32)
  }
  private static func optional(_ call: NativeCall, _ key: ParameterKey) throws -> Tensor? { call.has(key) ? try numbers(call, key) : nil }
}
