import LimnDiffusion
import LimnImage
import LimnNN
import LimnRuntime
import LimnTensor

/// Values in files whose form the path's ending says: `.npy`, `.safetensors`, `.csv`, `.json` and plain text.
enum DataNatives {
  static let all: [Native] = [
    Native("load(path: string, header: bool = nil, separator: string = nil)", doc: "The value in a file: a tensor of .npy, a map of tensors of .safetensors, rows of .csv (`header: false` for lists), what .json says, the text of .txt and .md, the picture of .png, the numbers and tensors of what torch saved (.pt, .bin, .ckpt), of which nothing is run.", effect: .acts) { call in
      try load(call)
    },
    Native("save(tensor: tensor, path: string)", doc: "Writes a tensor as .npy.", effect: .acts) { call in try saveTensor(call) },
    Native("save(value, path: string, metadata: map = nil, separator: string = nil)", doc: "Writes a value in the form the path's ending says: a map of tensors as .safetensors (with `metadata`, a map of strings), rows or columns as .csv, lists, maps, numbers and strings as .json, a string as .txt or .md.", effect: .acts) { call in
      try save(call)
    },
    Native("bundled(path: string)", doc: "What a file inside of Limn itself holds, as `load` gives it: \"sticker-clip/model.safetensors\", \"sticker/unet/config.json\", texts.") { call in
      let path = try call.string(0)
      let folder = path.prefix { $0 != "/" }
      guard let bytes = try formats(call, { try EmbeddedTree(String(folder)).bytes(String(path.dropFirst(folder.count + 1))) }) else {
        throw call.fault(.io, "there is no '\(path)' inside of Limn, expected a file in \(FormatError.listing(EmbeddedTree.folders))", at: 0)
      }
      switch Path.fileExtension(path) {
      case "safetensors":
        let file = try formats(call) { try SafetensorsFile(bytes, name: path) }
        return call.make(fields: try file.keys.map { key in (key, call.make(try formats(call) { try file.tensor(key) })) })
      case "json": return try JSONText.value(of: bytes.withBytes { Array($0) }, name: path, kind: .io, call, at: 0)
      default: return call.make(outside: bytes.withBytes { String(decoding: $0, as: UTF8.self) })
      }
    },
    Native("read_metadata(path: string)", doc: "The texts that a .safetensors or .png file carries beside its values: a map of strings.", effect: .acts) { call in
      let name = try call.string(0)
      if Path.fileExtension(name) == "png" {
        let texts = try call.pictures(at: 0) { try PNG.texts(in: try call.contents(0), name: name) }
        return call.make(fields: texts.map { ($0.keyword, call.make(outside: $0.value)) })
      }
      let path = try call.path(0)
      let file = try formats(call) { try SafetensorsFile(path: path, name: name) }
      return try call.make(entries: file.metadata.map { (call.make(outside: $0.key), call.make(outside: $0.value)) })
    },
  ]

  // MARK: reading

  private static func load(_ call: NativeCall) throws -> Value {
    let name = try call.string(0)
    let ending = Path.fileExtension(name)
    if ending != "csv", ending != "tsv", let option = ["header", "separator"].first(where: { call.has(.name($0)) }) {
      throw call.fault(.value, "'\(option)' is for .csv files, found '\(name)'", at: .name(option))
    }
    switch ending {
    case "npy":
      let bytes = try call.contents(0)
      return call.make(try formats(call) { try NumpyFile.tensor(bytes, file: name) })
    case "safetensors":
      let path = try call.path(0)
      let file = try formats(call) { try SafetensorsFile(path: path, name: name) }
      call.files.didRead(name, quickHash: nil) { (try? Bytes.mapping(path)).map { $0.withBytes { SHA256.hex($0) } } }
      return call.make(fields: try file.keys.map { key in (TokenTable.cleaned(key), call.make(try formats(call) { try file.tensor(key) })) })
    case "csv", "tsv":
      let separator = ending == "tsv" && !call.has("separator") ? UInt8(ascii: "\t") : try CSVText.separator(call, "separator")
      let bytes = Array(try call.text(at: 0).utf8)
      return try CSVText.rows(bytes, name: name, header: try call.optionalBool("header") ?? true, separator: separator, call)
    case "json": return try JSONText.value(of: try call.contents(0), name: name, kind: .io, call, at: 0)
    case "txt", "md", "limn": return call.make(outside: try call.text(at: 0))
    case "png": return try ImageNatives.read(call)
    case "pkl", "pickle", "pt", "pth", "ckpt", "bin":
      let path = try call.path(0)
      let file = try formats(call) { try TorchFile(path: path, name: name) }
      call.files.didRead(name, quickHash: nil) { (try? Bytes.mapping(path)).map { $0.withBytes { SHA256.hex($0) } } }
      return try value(of: file.root, in: file, key: "it", call)
    case "npz": throw call.fault(.io, "'\(name)' is an archive of arrays, which Limn does not read; numpy.save writes each as .npy", at: 0)
    default: throw call.fault(.value, "'\(name)' has no ending that says what it holds, expected \(endings) or .png", at: 0)
    }
  }

  /// What torch saved, as the language's own values; what is of a trainer is nil.
  private static func value(of saved: TorchFile.Value, in file: TorchFile, key: String, _ call: NativeCall) throws -> Value {
    switch saved {
    case .none, .passedOver: .nil
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .float(let value): .float(value)
    case .text(let text): call.make(outside: text)
    case .list(let items): call.make(try items.enumerated().map { try value(of: $1, in: file, key: "\(key)[\($0)]", call) })
    case .map(let pairs): try call.make(entries: pairs.map { (call.make(outside: $0.key), try value(of: $0.value, in: file, key: $0.key, call)) })
    case .tensor(let entry): call.make(try formats(call) { try file.tensor(entry, key: key) })
    }
  }

  private static var endings: String { ".npy, .safetensors, .csv, .tsv, .json, .txt, .md" }

  /// Runs `body`; what is wrong with the file becomes the script's fault.
  private static func formats<Result>(_ call: NativeCall, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as FormatError { throw call.fault(.io, error.message, at: 0, help: error.help) }
  }

  // MARK: writing

  static func saveTensor(_ call: NativeCall) throws -> Value {
    let tensor = try call.tensor(0).detached()
    let path = try call.string("path")
    switch Path.fileExtension(path) {
    case "npy": try call.write(NumpyFile.bytes(of: tensor), to: "path")
    case "png": throw call.fault(.type, "a tensor is saved as .npy, found the path '\(path)'", at: "path", help: "save(image(x), \"\(path)\") for a [3, H, W] of 0…1")
    case "safetensors": throw call.fault(.type, "a .safetensors file holds a map of tensors", at: 0, help: "save([\"x\": x], \"\(path)\")")
    case "json", "csv": throw call.fault(.type, "a tensor is saved as .npy, found the path '\(path)'", at: "path", help: "save(to_list(x), \"\(path)\")")
    default: throw call.fault(.value, "a tensor is saved as .npy, found the path '\(path)'", at: "path")
    }
    return .nil
  }

  private static func save(_ call: NativeCall) throws -> Value {
    let path = try call.string("path")
    let ending = Path.fileExtension(path)
    if call.has("metadata"), ending != "safetensors" { throw call.fault(.value, "'metadata' is for .safetensors files, found '\(path)'", at: "metadata") }
    if call.has("separator"), ending != "csv" { throw call.fault(.value, "'separator' is for .csv files, found '\(path)'", at: "separator") }
    switch ending {
    case "safetensors": try saveTensors(call)
    case "json": try call.write(try JSONText.bytes(of: call[0], indent: 2, call) + [UInt8(ascii: "\n")], to: "path")
    case "csv", "tsv":
      let separator = ending == "tsv" ? UInt8(ascii: "\t") : try CSVText.separator(call, "separator")
      try call.write(Array(try CSVText.text(call[0], separator: separator, call).utf8), to: "path")
    case "txt", "md":
      guard call[0].string != nil else { throw call.mismatch(0, "a string, as \(path) holds text") }
      try call.write(Array(call.text(call[0]).utf8), to: "path")
    case "npy":
      throw call.fault(.type, "a .npy file holds one tensor, found \(call.brief(call[0]))", at: 0, help: call[0].list == nil ? nil : "save(tensor(x), \"\(path)\")")
    case "png": throw call.fault(.type, "a .png file holds an image or a mask, found a value of type \(call[0].typeName)", at: 0)
    default: throw call.fault(.value, "'\(path)' has no ending that says how to write a value of type \(call[0].typeName), expected \(endings)", at: "path")
    }
    return .nil
  }

  private static func saveTensors(_ call: NativeCall) throws {
    guard let entries = call[0].map else { throw call.fault(.type, "a .safetensors file holds a map of tensors, found a value of type \(call[0].typeName)", at: 0) }
    let tensors = try entries.map { entry in
      guard entry.key.string != nil, let tensor = (entry.value.host as? TensorValue)?.tensor else {
        throw call.fault(.type, "a .safetensors file holds tensors under names, found \(call.brief(entry.value)) under \(call.brief(entry.key))", at: 0)
      }
      return (key: call.text(entry.key), tensor: tensor.detached())
    }
    let given = call.has("metadata") ? try call.map("metadata") : []
    let metadata = try given.map { entry in
      guard entry.key.string != nil, entry.value.string != nil else { throw call.mismatch("metadata", "a map of strings") }
      return (key: call.text(entry.key), value: call.text(entry.value))
    }
    try call.writing("path") { try SafetensorsFile.write(tensors, metadata: metadata, to: $0) }
  }
}
