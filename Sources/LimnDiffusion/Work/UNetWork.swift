import LimnNN
import LimnTensor

extension UNet {
  /// The layers of one evaluation, in order.
  ///
  /// - Parameters:
  ///   - rows: Pictures in the batch, the unconditional half of guidance counted.
  ///   - height, width: Of the latent, in cells; multiples of what the levels halve.
  ///   - tokens: Of the words.
  package func work(rows: Int, height: Int, width: Int, tokens: Int) -> [LayerWork] {
    var list = WorkList(rows: rows)
    var (height, width) = (height, width)
    list.linear("time_embedding.linear_1", timeEmbedding.first, count: 1)
    list.linear("time_embedding.linear_2", timeEmbedding.second, count: 1)
    list.convolution("conv_in", convIn, height, width)
    var skips = [config.channels[0]], channels = config.channels[0]
    for (level, block) in downBlocks.enumerated() {
      let name = "down_blocks.\(level)"
      for (layer, resnet) in block.resnets.enumerated() {
        list.resnet("\(name).resnets.\(layer)", resnet, height, width)
        if !block.transformers.isEmpty { list.transformer("\(name).attentions.\(layer)", block.transformers[layer], height, width, tokens) }
        channels = resnet.conv2.weight.shape[0]
        skips.append(channels)
      }
      if let downsample = block.downsample {
        (height, width) = list.convolution("\(name).downsamplers.0.conv", downsample.conv, height, width)
        skips.append(channels)
      }
    }
    if let midBlock {
      list.resnet("mid_block.resnets.0", midBlock.first, height, width)
      list.transformer("mid_block.attentions.0", midBlock.transformer, height, width, tokens)
      list.resnet("mid_block.resnets.1", midBlock.second, height, width)
    }
    for (level, block) in upBlocks.enumerated() {
      let name = "up_blocks.\(level)"
      for (layer, resnet) in block.resnets.enumerated() {
        let skip = skips.removeLast()
        let (a, b) = (Shape([rows, channels, height, width]), Shape([rows, skip, height, width]))
        list.other("\(name).resnets.\(layer).concat", "joining with \(skip)", a, channelsLast: true) { x in
          .concatenated([x, Tensor.zeros(b).channelsLast()], axis: 1)
        }
        list.resnet("\(name).resnets.\(layer)", resnet, height, width)
        if !block.transformers.isEmpty { list.transformer("\(name).attentions.\(layer)", block.transformers[layer], height, width, tokens) }
        channels = resnet.conv2.weight.shape[0]
      }
      if let upsample = block.upsample { (height, width) = list.upsample("\(name).upsamplers.0", upsample, height, width) }
    }
    list.norm("conv_norm_out", normOut, height, width, silu: true)
    list.convolution("conv_out", convOut, height, width)
    return list.layers
  }
}

extension WorkList {
  fileprivate mutating func transformer(_ name: String, _ transformer: SpatialTransformer, _ height: Int, _ width: Int, _ tokens: Int) {
    let cells = height * width
    norm("\(name).norm", transformer.norm, height, width, silu: false)
    linear("\(name).proj_in", transformer.projectionIn, count: cells)
    for (index, block) in transformer.blocks.enumerated() {
      let name = "\(name).transformer_blocks.\(index)"
      norm("\(name).norm1", block.norm1, count: cells)
      looking("\(name).attn1", block.own, cells: cells, keys: cells, isOfWords: false)
      norm("\(name).norm2", block.norm2, count: cells)
      looking("\(name).attn2", block.cross, cells: cells, keys: tokens, isOfWords: true)
      norm("\(name).norm3", block.norm3, count: cells)
      linear("\(name).ff.net.0.proj", block.expand, count: cells)
      other("\(name).ff.geglu", "GEGLU", [rows, cells, block.expand.outputs]) { geglu($0) }
      linear("\(name).ff.net.2", block.contract, count: cells)
    }
    linear("\(name).proj_out", transformer.projectionOut, count: cells)
  }

  private mutating func looking(_ name: String, _ layer: MultiHeadAttention, cells: Int, keys: Int, isOfWords: Bool) {
    linear("\(name).to_q", layer.query, count: cells)
    linear("\(name).to_k", layer.key, count: keys, isOfWords: isOfWords)
    linear("\(name).to_v", layer.value, count: keys, isOfWords: isOfWords)
    attention(name, queries: cells, keys: keys, features: layer.query.outputs, heads: layer.layer.heads, precision: layer.query.precision)
    linear("\(name).to_out.0", layer.output, count: cells)
  }
}
