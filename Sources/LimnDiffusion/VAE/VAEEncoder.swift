import LimnNN
import LimnTensor

/// Picture to moments: resnets, halving with the odd row and column of zeros at the end, attention in the middle.
struct VAEEncoder: Sendable {
  let convIn: Conv2d
  let levels: [(resnets: [ResnetBlock], downsample: Downsample?)]
  let middle: VAEMiddle
  let normOut: GroupNorm
  let convOut: Conv2d

  init(config: VAEConfig, weights: WeightReader) throws {
    let channels = config.channels
    convIn = try Conv2d(weights.scoped("conv_in"), inputs: config.inChannels, outputs: channels[0])
    levels = try channels.indices.map { level in
      let scope = weights.scoped("down_blocks.\(level)"), outputs = channels[level]
      let resnets = try (0..<config.layers).map { layer in
        try ResnetBlock(
          scope.scoped("resnets.\(layer)"), inputs: layer == 0 && level > 0 ? channels[level - 1] : outputs,
          outputs: outputs, timeFeatures: nil, groups: config.groups, epsilon: VAEMiddle.epsilon)
      }
      guard level < channels.count - 1 else { return (resnets, nil) }
      let padding = Padding(top: 0, left: 0, bottom: 1, right: 1)
      return (resnets, try Downsample(scope.scoped("downsamplers.0"), channels: outputs, padding: padding))
    }
    middle = try VAEMiddle(config: config, weights: weights.scoped("mid_block"))
    normOut = try GroupNorm(
      weights.scoped("conv_norm_out"), channels: channels.last!, groups: config.groups, epsilon: VAEMiddle.epsilon)
    convOut = try Conv2d(weights.scoped("conv_out"), inputs: channels.last!, outputs: 2 * config.latentChannels)
  }

  func callAsFunction(_ image: Tensor, cancellation: Cancellation?) throws -> Tensor {
    var hidden = convIn(image)
    for (resnets, downsample) in levels {
      for resnet in resnets {
        if cancellation?.isCancelled == true { throw CancellationError() }
        hidden = resnet(hidden)
      }
      if let downsample { hidden = downsample(hidden) }
    }
    return convOut(normOut(middle(hidden), silu: true))
  }
}
