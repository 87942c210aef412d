import LimnDiffusion
import LimnNN
import LimnRuntime
import LimnTensor

/// The weights of a model as a map of tensors, and back.
enum WeightNatives {
  static let all: [Native] = [
    Native("weights(model: model, group: string)", doc: "The weights of a group (\"text_encoder\", \"unet\", \"unet.cross_kv\", \"vae\", a path such as \"unet.mid_block\") as a map from full names to f32 tensors, adapters beside them left out.") { call in
      let model = try call.host(ModelValue.self, 0).model
      let names = try call.diffusion(at: "group") { try ParameterGroup.parameters(call.string("group"), of: model) }
      return call.make(fields: names.map { ($0, call.make(model.parameter($0)!.tensor)) })
    },
    Native("with(model: model, weights: map = nil, tokens: list = nil)", doc: "The model with these weights in the place of its own, a map from full names to tensors as `weights` gives one; and with tokens that it does not know yet, at their starting vectors.") { call in
      var model = try call.host(ModelValue.self, 0).model
      guard call.has("weights") || call.has("tokens") else { throw call.fault(.value, "'with' takes 'weights' or 'tokens' of a model, found neither", at: 0) }
      if call.has("weights") {
        let weights = try call.map("weights").map { key, value -> (name: String, tensor: Tensor) in
          guard let name = key.string, let tensor = (value.host as? TensorValue)?.tensor, tensor.dtype.isFloat else {
            throw call.mismatch("weights", "a map from names of weights to float tensors")
          }
          return (name, tensor.converted(to: .f32))
        }
        model = try call.diffusion(at: "weights") { try model.with(weights: weights) }
      }
      if call.has("tokens") {
        let tokens = try call.list("tokens").map { value -> TokenValue in
          guard let token = value.host as? TokenValue else { throw call.mismatch("tokens", "a list of tokens") }
          return token
        }
        model = try call.diffusion(at: "tokens") { [model] in try model.with(tokens.map { try $0.concept(in: model) }) }
      }
      return call.make(ModelValue(model))
    },
    Native("merge(model: model)", doc: "The model with its adapters added into its weights: the same pictures but for rounding, nothing to compute beside.") { call in
      call.make(ModelValue(try call.host(ModelValue.self, 0).model.mergingAdapters()))
    },
  ]
}
