import LimnNN
import LimnTensor

extension VAE {
  /// The layers of decoding one latent, in order.
  ///
  /// - Parameters height, width: Of the latent, in cells.
  package func decodingWork(height: Int, width: Int) -> [LayerWork] {
    var list = WorkList(rows: 1)
    var (height, width) = (height, width)
    if let postQuantConv { list.linear("post_quant_conv", postQuantConv.linear, count: height * width) }
    list.convolution("decoder.conv_in", decoder.convIn, height, width)
    list.resnet("decoder.mid_block.resnets.0", decoder.middle.first, height, width)
    if let attention = decoder.middle.attention {
      let name = "decoder.mid_block.attentions.0", cells = height * width
      list.norm("\(name).group_norm", attention.norm, height, width, silu: false)
      for (key, layer) in [("to_q", attention.query), ("to_k", attention.key), ("to_v", attention.value)] {
        list.linear("\(name).\(key)", layer, count: cells)
      }
      list.attention(name, queries: cells, keys: cells, features: attention.query.outputs, heads: 1, precision: attention.query.precision)
      list.linear("\(name).to_out.0", attention.output, count: cells)
    }
    list.resnet("decoder.mid_block.resnets.1", decoder.middle.second, height, width)
    for (level, block) in decoder.levels.enumerated() {
      for (layer, resnet) in block.resnets.enumerated() { list.resnet("decoder.up_blocks.\(level).resnets.\(layer)", resnet, height, width) }
      if let upsample = block.upsample { (height, width) = list.upsample("decoder.up_blocks.\(level).upsamplers.0", upsample, height, width) }
    }
    list.norm("decoder.conv_norm_out", decoder.normOut, height, width, silu: true)
    list.convolution("decoder.conv_out", decoder.convOut, height, width)
    return list.layers
  }
}
