import LimnRuntime

/// Tokens: names that keep their identity inside strings.
enum TokenNatives {
  static let all: [Native] = [
    Native("token(name: string, from: string = nil)", doc: "A token to be learned, written <name>; it starts from the vectors of a word.") { call in
      let name = try call.string(0)
      guard name.count > 2, name.hasPrefix("<"), name.hasSuffix(">"), !name.contains(where: \.isWhitespace) else {
        throw call.fault(.value, "a token's name is written in angle brackets without spaces, found '\(name)'", at: 0, help: "\"<\(name.filter { $0 != "<" && $0 != ">" && !$0.isWhitespace })>\"")
      }
      return call.make(TokenValue(name: name, initializer: try call.optionalString("from")))
    },
  ]
}
