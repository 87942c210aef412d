import LimnNN
import LimnTensor

/// What every block of one evaluation needs besides the picture.
struct UNetCall {
  /// The time embedding after SiLU, `[N, timeFeatures]`, or one row for all.
  let time: Tensor
  let context: Tensor
  let attention: AttentionCall
}

/// One level on the way down: resnets, attention after each where the level attends, then halving.
struct DownBlock: Sendable {
  let resnets: [ResnetBlock]
  /// As many as `resnets`, or none.
  let transformers: [SpatialTransformer]
  let downsample: Downsample?

  /// Returns the result and appends what the way up is joined with.
  func callAsFunction(_ x: Tensor, skips: inout [Tensor], call: UNetCall) throws -> Tensor {
    var x = x
    for (index, resnet) in resnets.enumerated() {
      x = resnet(x, time: call.time)
      if !transformers.isEmpty { x = try transformers[index](x, context: call.context, call: call.attention) }
      skips.append(x)
    }
    if let downsample {
      x = downsample(x)
      skips.append(x)
    }
    return x
  }
}

/// The innermost level: a resnet, then attention and resnet in turn.
struct MidBlock: Sendable {
  let first: ResnetBlock
  let transformer: SpatialTransformer
  let second: ResnetBlock

  func callAsFunction(_ x: Tensor, call: UNetCall) throws -> Tensor {
    let hidden = first(x, time: call.time)
    return second(try transformer(hidden, context: call.context, call: call.attention), time: call.time)
  }
}

/// One level on the way up: each resnet reads the picture joined with what the way down left, then doubling.
struct UpBlock: Sendable {
  let resnets: [ResnetBlock]
  /// As many as `resnets`, or none.
  let transformers: [SpatialTransformer]
  let upsample: Upsample?

  /// Takes its skips from the end of `skips`.
  func callAsFunction(_ x: Tensor, skips: inout [Tensor], call: UNetCall) throws -> Tensor {
    var x = x
    for (index, resnet) in resnets.enumerated() {
      let skip = skips.removeLast(), rows = max(x.shape[0], skip.shape[0])
      x = resnet(Tensor.concatenated([x.repeated(rows: rows), skip.repeated(rows: rows)], axis: 1), time: call.time)
      if !transformers.isEmpty { x = try transformers[index](x, context: call.context, call: call.attention) }
    }
    guard let upsample else { return x }
    // The next level's skips say the size: a side that did not halve evenly does not double back to itself.
    return upsample(x, to: skips.last.map { ($0.shape[2], $0.shape[3]) })
  }
}
