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
    Native("save(model: model, path: string, \(ModelSaving.parameters))", doc: "Writes what a model learned, or all of it; the path's ending says which. A .safetensors file holds its tokens, all or those named (`format:` \"diffusers\", an entry a token, or \"a1111\", the one token as A1111's web UI names it, by the file), or a LoRA (\"diffusers\", as PEFT names matrices, or \"kohya\"). A path that ends in / is a folder in diffusers layout: adapters are added to the weights there, `dtype:` is f32, which keeps every bit, f16 or bf16.", effect: .acts, known: ModelSaving.known) { call in
      try ModelSaving(call, call.host(ModelValue.self, 0).model).save()
      return .nil
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
}
