import LimnDiffusion
import LimnNN
import LimnRuntime
import LimnTensor

/// What was learned, or a whole model, into files; the path's ending says which: `.safetensors` holds tokens or an adapter, a folder the model.
struct ModelSaving {
  static let formats = ["diffusers", "a1111", "kohya"]
  static let widths = ["f32", "f16", "bf16"]
  static let parameters = "tokens: list = nil, adapter: string = nil, format: string = \"diffusers\", dtype: string = \"f32\""
  static let known = Inference.choice("format", of: formats, then: .choice("dtype", of: widths))

  let call: NativeCall
  let model: Model
  /// The names of the tokens and adapters that are meant unless the script says; all of the model's, or those a learner learned.
  let tokens, adapters: [String]
  /// How many weights a learner learned, which only a folder holds.
  var weights = 0

  init(_ call: NativeCall, _ model: Model, tokens: [String]? = nil, adapters: [String]? = nil, weights: Int = 0) {
    (self.call, self.model, self.weights) = (call, model, weights)
    self.tokens = tokens ?? model.concepts.map(\.name)
    self.adapters = adapters ?? model.adapters.map(\.name)
  }

  func save() throws {
    let path = try call.string("path")
    let format = try call.choice("format", of: Self.formats)
    let width = try call.choice("dtype", of: Self.widths)
    let dtype = DType.allCases.first { $0.name == width }!
    switch Path.fileExtension(path) {
    case "safetensors": try saveLearned(format, dtype)
    case "ckpt", "pt", "pth", "bin":
      throw call.fault(.value, "what torch saves is only read, found the path '\(path)'", at: "path", help: "a path that ends in .safetensors, or in / for the whole model")
    default:
      if let key = ["tokens", "adapter"].first(where: { call.has(.name($0)) }) {
        throw call.fault(.value, "'\(key)' is for .safetensors files, found the path '\(path)'", at: .name(key))
      }
      guard format == "diffusers" else { throw call.fault(.value, "a whole model is written as a diffusers folder, found the format \"\(format)\"", at: "format") }
      try call.writingFolder("path") { folder in
        try model.write(toFolder: folder, dtype: dtype)
        Path.real(folder).map { call.service(ModelStore.self) { ModelStore() }.forget($0) }
      }
    }
  }

  /// Tokens or one adapter.
  private func saveLearned(_ format: String, _ dtype: DType) throws {
    if call.has("adapter") {
      guard !call.has("tokens") else { throw call.fault(.value, "one file holds tokens or an adapter, found both", at: "adapter") }
      return try save(adapter: call.named(try call.string("adapter")), format, dtype)
    }
    if call.has("tokens") { return try save(tokens: try names(call.list("tokens")), format) }
    guard weights == 0 else {
      throw call.fault(
        .value, "\(weights) weights were learned, and a .safetensors file holds tokens or an adapter", at: "path", help: "a path that ends in / for the whole model")
    }
    switch (tokens.isEmpty, adapters.count) {
    case (true, 0): throw call.fault(.value, "'\(model.name)' has learned no tokens and has no adapters", at: 0, help: "a path that ends in / for the whole model")
    case (false, 0): try save(tokens: tokens, format)
    case (true, 1): try save(adapter: adapters[0], format, dtype)
    default:
      let both = (tokens.isEmpty ? [] : ["the tokens \(tokens.joined(separator: ", "))"]) + ["the adapters \(FormatError.listing(adapters))"]
      throw call.fault(.value, "one file holds tokens or one adapter, found \(both.joined(separator: " and "))", at: 0, help: "tokens: [\"<name>\"] or adapter: \"\(adapters[0])\"")
    }
  }

  private func names(_ items: [Value]) throws -> [String] {
    try items.map { item in
      guard let name = (item.host as? TokenValue)?.name ?? item.string.map({ call.named($0) }) else { throw call.mismatch("tokens", "a list of tokens or their names") }
      guard tokens.contains(name) else { throw call.fault(.value, "'\(model.name)' never learned '\(name)'", at: "tokens") }
      return name
    }
  }

  private func save(tokens names: [String], _ format: String) throws {
    guard let form = ConceptFile.Form(rawValue: format) else { throw call.fault(.value, "tokens are written as \"diffusers\" or \"a1111\", found \"\(format)\"", at: "format") }
    let concepts = model.concepts
    let chosen = names.compactMap { name in concepts.first { $0.name == name } }
    try call.writing("path") { try ConceptFile.write(chosen, to: $0, form: form) }
  }

  private func save(adapter name: String, _ format: String, _ dtype: DType) throws {
    guard let form = AdapterFile.Form(rawValue: format) else { throw call.fault(.value, "an adapter is written as \"diffusers\" or \"kohya\", found \"\(format)\"", at: "format") }
    guard let adapter = model.adapters.first(where: { $0.name == name }) else {
      throw call.fault(.value, "'\(model.name)' has no adapter '\(name)', it has \(model.adapters.isEmpty ? "none" : FormatError.listing(model.adapters.map(\.name)))", at: "adapter")
    }
    try call.writing("path") { try AdapterFile.write(adapter, to: $0, form: form, dtype: dtype) }
  }
}
