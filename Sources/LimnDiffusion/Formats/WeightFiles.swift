import LimnNN

/// Finds and opens the weight files of one part of a diffusers folder.
package struct WeightFiles {
  /// The files of one part, opened.
  package struct Opened {
    package var files: [SafetensorsFile]
    package var bytes: [Bytes]
    package var weights: [String: Weight]
    /// The variant that was taken, nil for the plain files.
    package var variant: String?
  }

  private let tree: any FileTree
  private let folder: String
  private let names: [String]

  /// - Parameter folder: The part's folder in `tree`, `""` for the tree itself.
  package init(_ tree: any FileTree, folder: String) {
    self.tree = folder.isEmpty ? tree : tree.subtree(folder)
    self.folder = folder
    names = self.tree.list("")
  }

  /// The two stems diffusers and transformers give weight files.
  private static let stems = ["diffusion_pytorch_model", "model"]

  /// The variants there are files of; nil stands for the plain files.
  package var variants: [String?] {
    var found: [String?] = []
    for name in names {
      for stem in Self.stems where name.hasPrefix(stem + ".") {
        let parts = name.dropFirst(stem.count + 1).split(separator: ".")
        switch parts {
        case ["safetensors"], ["safetensors", "index", "json"]: found.append(nil)
        case _ where parts.count == 2 && parts[1] == "safetensors": found.append(String(parts[0]))
        case _ where parts.count == 4 && parts[0] == "safetensors" && parts[1] == "index":
          found.append(String(parts[2]))
        default: break
        }
      }
    }
    return found
  }

  /// Opens the files of `variant`, plain or in shards.
  ///
  /// - Throws: ``FormatError`` when there are none, saying what there is; a pickle is refused with how to convert it.
  package func open(variant: String?) throws(FormatError) -> Opened {
    let infix = variant.map { ".\($0)" } ?? ""
    for stem in Self.stems {
      if names.contains("\(stem)\(infix).safetensors") {
        return try open(["\(stem)\(infix).safetensors"], variant: variant)
      }
      let index = "\(stem).safetensors.index\(infix).json"
      if names.contains(index) { return try open(try shards(index), variant: variant) }
    }
    // What torch wrote is read where there is nothing else.
    for stem in Self.stems + ["pytorch_model"] where names.contains("\(stem)\(infix).bin") { return try open(["\(stem)\(infix).bin"], variant: variant) }
    throw FormatError(
      "there are no weights", file: tree.name, found: names.isEmpty ? "nothing" : FormatError.listing(names),
      expected: "'\(folder == "text_encoder" ? "model" : Self.stems[0])\(infix).safetensors'")
  }

  /// The shard files an index names, each once.
  private func shards(_ index: String) throws(FormatError) -> [String] {
    guard let map = try tree.json(index)?["weight_map"]?.object, !map.isEmpty else {
      throw FormatError("is no index of shards: it has no 'weight_map'", file: "\(tree.name)/\(index)")
    }
    var shards: Set<String> = []
    for member in map {
      guard let shard = member.value.string, !shard.contains("/"), shard.hasSuffix(".safetensors") else {
        throw FormatError(
          "is not the name of a shard", file: "\(tree.name)/\(index)", key: member.key, found: "\(member.value)")
      }
      shards.insert(shard)
    }
    return shards.sorted()
  }

  private func open(_ names: [String], variant: String?) throws(FormatError) -> Opened {
    var opened = Opened(files: [], bytes: [], weights: [:], variant: variant)
    for name in names {
      guard let bytes = try tree.bytes(name) else {
        throw FormatError("a shard that the index names is missing", file: "\(tree.name)/\(name)")
      }
      let file = try SafetensorsFile.weights(bytes, name: "\(tree.name)/\(name)")
      for key in file.entries.keys where !key.hasSuffix("position_ids") {  // a buffer 0, 1, 2 … that old files carry
        let weight = try file.weight(key)
        guard opened.weights.updateValue(weight, forKey: key) == nil else {
          throw FormatError("two shards hold the same weight", file: file.name, key: key)
        }
      }
      opened.files.append(file)
      opened.bytes.append(bytes)
    }
    return opened
  }
}
