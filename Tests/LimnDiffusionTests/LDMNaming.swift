import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport

/// Renames diffusers keys to LDM's, the other way round than the reader: a mirror to test it with.
///
/// For UNets and VAEs of the fixtures' structure: three blocks of two layers, the last without attention; two levels.
enum LDMNaming {
  /// `down_blocks.1.attentions.0.…` → `input_blocks.4.1.…`
  static func unet(_ key: String) -> String {
    var places: [(String, String)] = [
      ("conv_in.", "input_blocks.0.0."), ("time_embedding.linear_1.", "time_embed.0."),
      ("time_embedding.linear_2.", "time_embed.2."),
      ("conv_norm_out.", "out.0."), ("conv_out.", "out.2."), ("mid_block.resnets.0.", "middle_block.0."),
      ("mid_block.attentions.0.", "middle_block.1."), ("mid_block.resnets.1.", "middle_block.2."),
    ]
    for block in 0..<3 {
      for layer in 0..<2 {
        places.append(("down_blocks.\(block).resnets.\(layer).", "input_blocks.\(1 + block * 3 + layer).0."))
        places.append(("down_blocks.\(block).attentions.\(layer).", "input_blocks.\(1 + block * 3 + layer).1."))
      }
      for layer in 0..<3 {
        places.append(("up_blocks.\(block).resnets.\(layer).", "output_blocks.\(block * 3 + layer).0."))
        places.append(("up_blocks.\(block).attentions.\(layer).", "output_blocks.\(block * 3 + layer).1."))
      }
      places.append(("down_blocks.\(block).downsamplers.0.conv.", "input_blocks.\((block + 1) * 3).0.op."))
      // The first up block has no attention, so its upsampler stands one place earlier.
      places.append(
        ("up_blocks.\(block).upsamplers.0.conv.", "output_blocks.\(block * 3 + 2).\(block == 0 ? 1 : 2).conv."))
    }
    let (old, new) = places.first { key.hasPrefix($0.0) }!
    var rest = String(key.dropFirst(old.count))
    if old.contains("resnets") {
      for (diffusers, ldm) in [
        ("norm1", "in_layers.0"), ("conv1", "in_layers.2"), ("time_emb_proj", "emb_layers.1"),
        ("norm2", "out_layers.0"),
        ("conv2", "out_layers.3"), ("conv_shortcut", "skip_connection"),
      ] where rest.hasPrefix(diffusers + ".") {
        rest = ldm + rest.dropFirst(diffusers.count)
        break
      }
    }
    return "model.diffusion_model." + new + rest
  }

  /// The tensors of an OpenCLIP text encoder made from a CLIP one: projections joined, one more layer than is used.
  static func openCLIP(_ file: SafetensorsFile) throws -> [(key: String, tensor: Tensor)] {
    let prefix = "cond_stage_model.model."
    func source(_ name: String) throws -> Tensor { try file.tensor(name).converted(to: .f32) }
    var result: [(key: String, tensor: Tensor)] = [
      (prefix + "token_embedding.weight", try source("embeddings.token_embedding.weight")),
      (prefix + "positional_embedding", try source("embeddings.position_embedding.weight")),
      (prefix + "ln_final.weight", try source("final_layer_norm.weight")),
      (prefix + "ln_final.bias", try source("final_layer_norm.bias")),
      (prefix + "text_projection", Tensor.zeros([64, 64])), (prefix + "logit_scale", Tensor(4.6)),
    ]
    for layer in 0..<4 {
      let old = "encoder.layers.\(min(layer, 2))."
      let new = prefix + "transformer.resblocks.\(layer)."
      for kind in ["weight", "bias"] {
        let joined = try ["q", "k", "v"].map { try source("\(old)self_attn.\($0)_proj.\(kind)") }
        result.append(("\(new)attn.in_proj_\(kind)", Tensor.concatenated(joined, axis: 0)))
        for (a, b) in [
          ("self_attn.out_proj", "attn.out_proj"), ("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"),
          ("mlp.fc1", "mlp.c_fc"),
          ("mlp.fc2", "mlp.c_proj"),
        ] {
          result.append(("\(new)\(b).\(kind)", try source("\(old)\(a).\(kind)")))
        }
      }
    }
    return result
  }

  /// The sd2 fixture as one LDM checkpoint. Its VAE is that of the sd1 fixture, which has the same shapes.
  static func writeSecond(
    to path: String, metadata: [(key: String, value: String)] = [], extra: [(key: String, tensor: Tensor)] = []
  ) throws {
    let unetFile = try SafetensorsFile(path: Fixtures.path("sd2/unet/diffusion_pytorch_model.safetensors"))
    let first = try SafetensorsFile(path: Fixtures.path("sd1/single.safetensors"))
    var tensors = try unetFile.keys.map { (key: unet($0), tensor: try unetFile.tensor($0)) }
    tensors += try openCLIP(SafetensorsFile(path: Fixtures.path("sd2/text_encoder/model.safetensors")))
    tensors += try first.keys.filter { $0.hasPrefix("first_stage_model.") }.map {
      (key: $0, tensor: try first.tensor($0))
    }
    try SafetensorsFile.write(tensors + extra, metadata: metadata, to: path)
  }
}
