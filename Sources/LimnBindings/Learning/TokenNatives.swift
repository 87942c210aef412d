import LimnDiffusion
import LimnImage
import LimnNN
import LimnRuntime
import LimnTensor

/// Tokens: names that keep their identity inside strings, learned by models and kept in files.
enum TokenNatives {
  static let all: [Native] = [
    Native("token(name: string, from: any = nil, vectors: int = nil)", doc: "A token to be learned, written <name>: one vector or several that start from those of a word, from a tensor [n, D], or without `from:` at random.") { call in
      let name = try call.string(0)
      guard name.count > 2, name.hasPrefix("<"), name.hasSuffix(">"), !name.contains(where: \.isWhitespace) else {
        throw call.fault(.value, "a token's name is written in angle brackets without spaces, found '\(name)'", at: 0, help: "\"<\(name.filter { $0 != "<" && $0 != ">" && !$0.isWhitespace })>\"")
      }
      let count = try call.optionalInt("vectors", in: 1...64)
      return call.make(TokenValue(name: name, start: try start(call, count)))
    },
    Native("save(model: model, path: string, tokens: list = nil, format: string = \"diffusers\")", doc: "Writes the tokens a model learned, all or those named, as .safetensors: with one entry a token, as diffusers writes textual inversion, or with `format: \"a1111\"` the one token as A1111's web UI names it, by the file.", effect: .acts, known: .choice("format", of: ConceptFile.Form.allCases.map(\.rawValue))) { call in
      let model = try call.host(ModelValue.self, 0).model
      try save(model, call.has("tokens") ? try call.list("tokens") : nil, call)
      return .nil
    },
    Native("load(model: model, path: string, name: string = nil)", doc: "The model with the learned tokens of a file: as diffusers writes textual inversion (.safetensors, .bin), or A1111's web UI (.pt, or `emb_params`); `name:` is what to call the only one. What torch wrote is read as data, and nothing in it is run.", effect: .acts) { call in
      let model = try call.host(ModelValue.self, 0).model
      let path = try call.path(1)
      let name = try call.optionalString("name")
      let concepts = try call.diffusion(at: 1) { try ConceptFile.read(path, name: name) }
      let learned = try call.diffusion(at: 1) { try model.with(concepts) }
      model.notes(on: concepts).forEach { call.notices.say($0, call) }
      _ = try call.contents(1)  // small, and its hash belongs into recipes
      return call.make(ModelValue(learned))
    },
  ]

  private static func start(_ call: NativeCall, _ count: Int?) throws -> TokenValue.Start {
    if let word = call["from"].string { return .word(call.named(word), count: count ?? 1) }
    if let tensor = (call["from"].host as? TensorValue)?.tensor {
      guard tensor.rank == 1 || tensor.rank == 2, tensor.count > 0, tensor.dtype.isFloat else {
        throw call.fault(.shape, "the vectors of a token are [D] or [n, D], found \(tensor.shape)", at: "from")
      }
      guard count == nil else { throw call.fault(.value, "'vectors' counts those of a word, found it beside a tensor", at: "vectors") }
      return .vectors((tensor.rank == 1 ? tensor.unsqueezed(0) : tensor).detached().converted(to: .f32))
    }
    guard !call.has("from") else { throw call.mismatch("from", "a word or a tensor of vectors") }
    return .random(count: count ?? 1)
  }

  /// Writes tokens of a model; nil is all.
  static func save(_ model: Model, _ tokens: [Value]?, _ call: NativeCall) throws {
    let path = try call.string("path")
    guard path.hasSuffix(".safetensors") else {
      throw call.fault(.value, "tokens are saved as .safetensors, found the path '\(path)'", at: "path")
    }
    var concepts = model.concepts
    if let tokens {
      concepts = try tokens.map { token in
        guard let name = (token.host as? TokenValue)?.name ?? token.string.map({ call.named($0) }) else {
          throw call.mismatch("tokens", "a list of tokens or their names")
        }
        guard let concept = concepts.first(where: { $0.name == name }) else {
          throw call.fault(.value, "'\(model.name)' never learned '\(name)'", at: "tokens")
        }
        return concept
      }
    }
    guard !concepts.isEmpty else { throw call.fault(.value, "'\(model.name)' has learned no tokens", at: 0) }
    let form = call.has("format") ? ConceptFile.Form(rawValue: try call.choice("format", of: ConceptFile.Form.allCases.map(\.rawValue)))! : .diffusers
    try call.writing("path") { try ConceptFile.write(concepts, to: $0, form: form) }
  }
}
