import LimnDiffusion
import LimnRuntime
import LimnTensor

/// Attention maps by word.
package final class MapsValue: HostObject {
  package let maps: AttentionMaps
  package init(_ maps: AttentionMaps) { self.maps = maps }

  package var typeName: String { "maps" }
  package func description(_ context: Context) -> String { "maps of \(maps.keys.map(\.description).joined(separator: ", "))" }
  package var memberNames: [String] { ["words"] }
  package func member(_ name: String, _ context: Context) throws -> Value? {
    name == "words" ? context.make(maps.keys.map { context.make(outside: Self.text($0)) }) : nil
  }

  /// `maps["panda"]`: the mean over all captured layers at the latent's size.
  package func element(at index: [IndexItem], _ context: Context) throws -> Value? {
    guard index.count == 1, case .at(let value) = index[0] else { throw Fault(.index, "maps are indexed by one word, phrase or token") }
    return context.make(mask: try map(try CaptureKeys.key(value, context), AttentionMaps.Selection()))
  }

  func map(_ key: CaptureKey, _ selection: AttentionMaps.Selection) throws -> Tensor {
    do { return try maps.mean(key, selection) } catch let error as PipelineError { throw Fault(.index, error.description) }
  }

  static func value(_ maps: AttentionMaps?, _ context: Context) throws -> Value {
    guard let maps else { throw Fault(.value, "no attention was captured", help: "capture: [\"word\"]") }
    return context.make(MapsValue(maps))
  }

  private static func text(_ key: CaptureKey) -> String {
    if case .phrase(let text, nil) = key { return text }
    return key.description
  }

  static let natives: [Native] = [
    Native("at(maps: maps, key: any = nil, size: int = nil, blocks: list = nil, layer: string = nil, step: int = nil, row: int = 0, half: string = \"conditional\")", doc: "The mean map of a word over the layers of one size or some blocks (\"down\", \"mid\", \"up\"), at that size; without a key a map from each word to its own.") { call in
      let value = try call.host(MapsValue.self, 0)
      var selection = AttentionMaps.Selection(size: try call.optionalInt("size"), step: try call.optionalInt("step"))
      selection.picture = try call.int("row")
      selection.layer = try call.optionalString("layer")
      selection.role = GuidanceRole(rawValue: try call.choice("half", of: GuidanceRole.allCases.map(\.rawValue)))!
      if call.has("blocks") {
        selection.blocks = Set(try call.strings("blocks").map { name in
          guard let block = AttentionLayer.Block(rawValue: name) else {
            throw call.fault(.value, "unknown block \"\(name)\", expected \"down\", \"mid\" or \"up\"", at: "blocks")
          }
          return block
        })
      }
      if call.has("key") {
        let key = try CaptureKeys.key(call["key"], call.context)
        return call.make(mask: try call.diffusion(at: "key") { try value.map(key, selection) })
      }
      return call.make(fields: try value.maps.keys.map { key in
        (text(key), call.make(mask: try call.diffusion { try value.map(key, selection) }))
      })
    },
    Native("nth(word: string, occurrence: int)", doc: "The n-th occurrence of a word or phrase in a prompt, counted from 1, for `capture:` and maps.") { call in
      call.make(NthValue(.phrase(call.named(try call.string(0)), occurrence: try call.int(1, in: 1...1000))))
    },
  ]
}

/// One occurrence of a word.
final class NthValue: HostObject {
  let key: CaptureKey
  init(_ key: CaptureKey) { self.key = key }
  var typeName: String { "occurrence" }
  func description(_ context: Context) -> String { key.description }
  func isEqual(to other: any HostObject) -> Bool { (other as? NthValue)?.key == key }
  var keyHash: Int? { key.hashValue }
}

/// Words, phrases, tokens and occurrences as keys of attention.
enum CaptureKeys {
  static func key(_ value: Value, _ context: Context) throws -> CaptureKey {
    if let text = value.string {
      return .phrase(context.named(text))
    }
    if let nth = value.host as? NthValue { return nth.key }
    if let token = value.host as? TokenValue { return .phrase(token.name) }
    if case .int(let position)? = value.number { return .position(position) }
    throw Fault(.type, "attention is asked for by word, phrase, token or position, found \(context.brief(value))")
  }

  /// The `capture:` of a call: a word or a list of them, or true for every word.
  static func capture(_ call: NativeCall, keepsSteps: Bool = false) throws -> Capture {
    let value = call["capture"]
    guard !value.isNil else { return Capture() }
    var capture: Capture
    if let all = value.bool { capture = Capture(allWords: all) } else {
      capture = Capture(try (value.list ?? [value]).map { try key($0, call.context) })
    }
    capture.keepsSteps = keepsSteps
    return capture
  }
}
