import LimnNN
import LimnTensor

/// Latent to picture: attention in the middle, then resnets and doubling.
struct VAEDecoder: Sendable {
  let convIn: Conv2d
  let middle: VAEMiddle
  let levels: [(resnets: [ResnetBlock], upsample: Upsample?)]
  let normOut: GroupNorm
  let convOut: Conv2d

  init(config: VAEConfig, weights: WeightReader) throws {
    let channels = Array(config.channels.reversed())  // from the latent out
    convIn = try Conv2d(weights.scoped("conv_in"), inputs: config.latentChannels, outputs: channels[0])
    middle = try VAEMiddle(config: config, weights: weights.scoped("mid_block"))
    levels = try channels.indices.map { level in
      let scope = weights.scoped("up_blocks.\(level)"), outputs = channels[level]
      let resnets = try (0...config.layers).map { layer in
        try ResnetBlock(
          scope.scoped("resnets.\(layer)"), inputs: layer == 0 && level > 0 ? channels[level - 1] : outputs,
          outputs: outputs, timeFeatures: nil, groups: config.groups, epsilon: VAEMiddle.epsilon)
      }
      guard level < channels.count - 1 else { return (resnets, nil) }
      return (resnets, try Upsample(scope.scoped("upsamplers.0"), channels: outputs))
    }
    normOut = try GroupNorm(
      weights.scoped("conv_norm_out"), channels: channels.last!, groups: config.groups, epsilon: VAEMiddle.epsilon)
    convOut = try Conv2d(weights.scoped("conv_out"), inputs: channels.last!, outputs: config.outChannels)
  }

  func callAsFunction(_ z: Tensor, cancellation: Cancellation?) throws -> Tensor {
    var hidden = middle(convIn(z))
    for (resnets, upsample) in levels {
      for resnet in resnets {
        if cancellation?.isCancelled == true { throw CancellationError() }
        resnet.replace(&hidden)
      }
      if let upsample { hidden = upsample(hidden) }
    }
    normOut.apply(to: &hidden, silu: true)
    return convOut(hidden)
  }
}
