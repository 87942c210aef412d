import LimnNN
import LimnTensor

/// Makes the blocks of a UNet in the order they run, counting attention layers as it goes.
struct UNetBuilder {
  let config: UNetConfig
  let weights: WeightReader
  private var attentionLayers = 0

  init(config: UNetConfig, weights: WeightReader) {
    self.config = config
    self.weights = weights
  }

  private var levels: Int { config.channels.count }

  mutating func down(_ level: Int) throws -> DownBlock {
    let name = "down_blocks.\(level)", outputs = config.channels[level]
    let inputs = level == 0 ? outputs : config.channels[level - 1]
    var resnets: [ResnetBlock] = [], transformers: [SpatialTransformer] = []
    for layer in 0..<config.layers[level] {
      resnets.append(try resnet("\(name).resnets.\(layer)", inputs: layer == 0 ? inputs : outputs, outputs: outputs))
      if config.downAttends[level] {
        transformers.append(try transformer("\(name).attentions.\(layer)", .down, level: level))
      }
    }
    let downsample =
      level == levels - 1
      ? nil
      : try Downsample(
        weights.scoped("\(name).downsamplers.0"), channels: outputs, padding: Padding(config.downsamplePadding))
    return DownBlock(resnets: resnets, transformers: transformers, downsample: downsample)
  }

  mutating func mid() throws -> MidBlock {
    let channels = config.channels[levels - 1]
    let first = try resnet("mid_block.resnets.0", inputs: channels, outputs: channels)
    let transformer = try transformer("mid_block.attentions.0", .mid, level: levels - 1)
    let second = try resnet("mid_block.resnets.1", inputs: channels, outputs: channels)
    return MidBlock(first: first, transformer: transformer, second: second)
  }

  /// Block `index` on the way up mirrors level `levels − 1 − index` and has one resnet more.
  mutating func up(_ index: Int) throws -> UpBlock {
    let name = "up_blocks.\(index)", level = levels - 1 - index, outputs = config.channels[level]
    let incoming = index == 0 ? outputs : config.channels[level + 1]
    let outermostSkip = config.channels[max(level - 1, 0)]  // the last resnet reads what entered the level
    var resnets: [ResnetBlock] = [], transformers: [SpatialTransformer] = []
    for layer in 0...config.layers[level] {
      let skip = layer == config.layers[level] ? outermostSkip : outputs
      let inputs = (layer == 0 ? incoming : outputs) + skip
      resnets.append(try resnet("\(name).resnets.\(layer)", inputs: inputs, outputs: outputs))
      if config.upAttends[index] {
        transformers.append(try transformer("\(name).attentions.\(layer)", .up, level: level))
      }
    }
    let upsample =
      index == levels - 1 ? nil : try Upsample(weights.scoped("\(name).upsamplers.0"), channels: outputs)
    return UpBlock(resnets: resnets, transformers: transformers, upsample: upsample)
  }

  private func resnet(_ name: String, inputs: Int, outputs: Int) throws -> ResnetBlock {
    try ResnetBlock(
      weights.scoped(name), inputs: inputs, outputs: outputs, timeFeatures: config.timeFeatures, groups: config.groups,
      epsilon: config.epsilon)
  }

  private mutating func transformer(
    _ name: String, _ block: AttentionLayer.Block, level: Int
  ) throws -> SpatialTransformer {
    let sizes = SpatialTransformer.Sizes(
      channels: config.channels[level], heads: config.heads[level], layers: config.transformerLayers[level],
      contextFeatures: config.contextFeatures, groups: config.groups)
    defer { attentionLayers += 2 * sizes.layers }
    return try SpatialTransformer(
      weights.scoped(name), name: name, block: block, index: attentionLayers, sizes: sizes)
  }
}
