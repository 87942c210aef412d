import LimnNN
import LimnTensor

extension TextEncoder {
  /// The layers of encoding rows of as many tokens as the model has positions, in order.
  package func work(rows: Int) -> [LayerWork] {
    var list = WorkList(rows: rows)
    let tokens = config.positions
    for (index, layer) in layers.enumerated() {
      let name = "encoder.layers.\(index)"
      list.norm("\(name).layer_norm1", layer.norm1, count: tokens)
      for (key, projection) in [("q_proj", layer.query), ("k_proj", layer.key), ("v_proj", layer.value)] {
        list.linear("\(name).self_attn.\(key)", projection, count: tokens, isOfWords: true)
      }
      list.attention("\(name).self_attn", queries: tokens, keys: tokens, features: config.features, heads: config.heads, causal: true)
      list.linear("\(name).self_attn.out_proj", layer.output, count: tokens, isOfWords: true)
      list.norm("\(name).layer_norm2", layer.norm2, count: tokens)
      list.linear("\(name).mlp.fc1", layer.expand, count: tokens, isOfWords: true)
      let activation = layer.activation
      list.other("\(name).mlp.activation", "activation", [rows, tokens, config.innerFeatures]) { activation($0) }
      list.linear("\(name).mlp.fc2", layer.contract, count: tokens, isOfWords: true)
    }
    return list.layers
  }
}
