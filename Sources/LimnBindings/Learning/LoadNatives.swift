import LimnDiffusion
import LimnNN
import LimnRuntime

/// Learned things from files into a model, and out of it again.
enum LoadNatives {
  static let all: [Native] = [
    Native("load(model: model, path: string, name: string = nil, scale: float = 1)", doc: "The model with what a file holds: learned tokens, as diffusers writes textual inversion (.safetensors, .bin) or A1111's web UI (.pt, or `emb_params`), or a LoRA of PEFT, diffusers or kohya, times `scale`. Several LoRAs add up. Or with all that the checkpoint of a training has learned so far. `name:` is what to call the token or the LoRA; without it its own name, or the file's. What torch wrote is read as data, and nothing in it is run.", effect: .acts) { call in
      let model = try call.host(ModelValue.self, 0).model
      let path = try call.path(1)
      let name = try call.optionalString("name").map { call.named($0) }
      let scale = try call.float("scale", in: -1000...1000)
      let result: Model
      if LearnerFile.isCheckpoint(path) {
        if let key = ["name", "scale"].first(where: { $0 == "name" ? name != nil : scale != 1 }) {
          throw call.fault(.value, "'\(key)' is for files of tokens and LoRAs, '\(try call.string(1))' is the checkpoint of a training", at: .name(key))
        }
        result = try call.diffusion(at: 1) { try model.with(checkpoint: path) }
      } else if try call.diffusion(at: 1, { try AdapterFile.isAdapter(path) }) {
        let loaded = try call.diffusion(at: 1) { try AdapterFile.read(path, for: model, name: name, strength: Float(scale)) }
        if model.adapters.contains(where: { $0.name == loaded.adapter.name }) {
          call.notices.say("'\(model.name)' had an adapter '\(loaded.adapter.name)': this one takes its place, name: gives it another name", call)
        }
        loaded.notes(on: model).forEach { call.notices.say($0, call) }
        result = try call.diffusion(at: 1) { try model.with(loaded.adapter) }
      } else {
        if call.has("scale"), scale != 1 { throw call.fault(.value, "'scale' is for LoRA files, '\(try call.string(1))' holds learned tokens", at: "scale") }
        let concepts = try call.diffusion(at: 1) { try ConceptFile.read(path, name: name) }
        model.notes(on: concepts).forEach { call.notices.say($0, call) }
        result = try call.diffusion(at: 1) { try model.with(concepts) }
      }
      call.files.didRead(try call.string(1), quickHash: nil) { (try? Bytes.mapping(path)).map { $0.withBytes { SHA256.hex($0) } } }
      return call.make(ModelValue(result))
    },
    Native("unload(model: model, name: any)", doc: "The model without an adapter or a learned token.") { call in
      let model = try call.host(ModelValue.self, 0).model
      guard let name = (call["name"].host as? TokenValue)?.name ?? call["name"].string.map({ call.named($0) }) else { throw call.mismatch("name", "the name of an adapter or a token") }
      if model.adapters.contains(where: { $0.name == name }) { return call.make(ModelValue(try call.diffusion(at: "name") { try model.without(adapter: name) })) }
      guard model.concepts.contains(where: { $0.name == name }) else {
        let there = model.adapters.map(\.name) + model.concepts.map(\.name)
        throw call.fault(.value, "'\(model.name)' has no adapter or token '\(name)', it has \(there.isEmpty ? "none" : FormatError.listing(there))", at: "name")
      }
      return call.make(ModelValue(try call.diffusion(at: "name") { try model.without(concept: name) }))
    },
  ]
}
