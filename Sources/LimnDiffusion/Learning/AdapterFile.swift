import LimnNN
import LimnTensor

/// LoRA files: low-rank matrices by layer, as PEFT and diffusers write them or as kohya's scripts do.
package enum AdapterFile {
  /// How matrices are named.
  package enum Form: String, CaseIterable, Sendable {
    case diffusers, kohya
  }

  /// An adapter, and what of its file found no place.
  package struct Loaded: Sendable {
    package let adapter: Adapter
    /// Layers of the file, and those of them that stand beside a weight of the model.
    package let layers, matched: Int
    /// Keys that are used for nothing, sorted.
    package let unused: [String]

    /// What should be said of it, a sentence each.
    package func notes(on model: Model) -> [String] {
      var notes: [String] = []
      if !unused.isEmpty {
        notes.append("'\(adapter.name)': \(matched) of \(layers) layers are used; \(unused.count) keys are not: \(FormatError.listing(unused, first: 3))")
      }
      if adapter.layers.values.allSatisfy({ $0.up.floats().allSatisfy { $0 == 0 } }) {
        notes.append("'\(adapter.name)' changes nothing: all its 'up' matrices are zeros, as before any learning")
      } else if adapter.changesNothing {
        notes.append("'\(adapter.name)' changes nothing: \(adapter.strength == 0 ? "its scale is 0" : "its matrices or scales are zeros")")
      }
      return notes
    }
  }

  private static let metadataKey = "lora_adapter_metadata"

  /// Whether the file at a path holds low-rank matrices, told by its keys.
  package static func isAdapter(_ path: String) throws(FormatError) -> Bool {
    let bytes = try Bytes.mapping(path)
    if TorchFile.isTorch(bytes) { return (try? TorchFile(bytes, name: path).weights()).map { ModelFamily(of: $0) == .lora } ?? false }
    return ModelFamily(of: try SafetensorsFile(bytes, name: path)) == .lora
  }

  // MARK: - Reading

  /// Reads an adapter for a model. The scale of a layer is alpha / rank: alpha from its `.alpha` key, else from the file's metadata, else the rank.
  ///
  /// - Parameters:
  ///   - name: What it is called in the model; the file's name when left out.
  ///   - strength: What all of it is multiplied by.
  /// - Throws: ``FormatError`` when it is no LoRA, of a kind that is not computed, or made for models of another family.
  package static func read(_ path: String, for model: Model, name: String? = nil, strength: Float = 1) throws(FormatError) -> Loaded {
    let file = try SafetensorsFile.weights(try Bytes.mapping(path), name: path)
    try checkKind(file)
    var parts: [AdapterKey.Layer: [(part: AdapterKey.Part, key: String)]] = [:]
    var unused: [String] = []
    for key in file.keys {
      if let known = AdapterKey(key) { parts[known.layer, default: []].append((known.part, key)) } else { unused.append(key) }
    }
    let places = AdapterPlaces(model), alphas = try Metadata(file)
    var layers: [String: LowRank] = [:]
    var misfits: [(key: String, found: String, expected: String)] = []
    var matched = 0
    for (layer, found) in parts {
      func tensor(_ part: AdapterKey.Part) throws(FormatError) -> Tensor? {
        guard let key = found.first(where: { $0.part == part })?.key else { return nil }
        return try file.tensor(key).converted(to: .f32)
      }
      guard let weight = places[layer], let parameter = model.parameter(weight), let down = try tensor(.down), let up = try tensor(.up) else {
        unused += found.map(\.key)
        continue
      }
      let rank = down.rank > 0 ? down.shape[0] : 0
      let own = try tensor(.alpha).flatMap { $0.count == 1 ? $0.reshaped([1]).floats()[0] : nil }
      guard let alpha = own ?? alphas.alpha(of: weight, rank: rank), alpha.isFinite, rank > 0 else {
        throw FormatError("has an alpha that is no number", file: path, key: found[0].key)
      }
      guard [down, up].allSatisfy({ $0.floats().allSatisfy(\.isFinite) }) else { throw FormatError("holds numbers that are not finite", file: path, key: found[0].key) }
      let lowRank = LowRank(down: down, up: up, scale: alpha / Float(rank))
      guard lowRank.fits(parameter.shape) else {
        misfits.append((found[0].key, "\(up.shape) · \(down.shape)", "\(parameter.shape)"))
        continue
      }
      layers[weight] = lowRank
      matched += 1
    }
    if let misfit = misfits.min(by: { $0.key < $1.key }) {
      throw FormatError(
        "is for models of another family than '\(model.name)', a \(model.report.family): \(misfits.count) of \(parts.count) layers do not fit", file: path,
        key: misfit.key, found: misfit.found, expected: "a change of a weight \(misfit.expected)")
    }
    guard !layers.isEmpty else { throw strange(file, model, parts.count) }
    let adapter = Adapter(name ?? stem(path), source: path, strength: strength, layers: layers)
    return Loaded(adapter: adapter, layers: parts.count, matched: matched, unused: unused.sorted())
  }

  /// Refuses what has other arithmetic than `W + scale · up · down`.
  private static func checkKind(_ file: SafetensorsFile) throws(FormatError) {
    let keys = file.keys
    func refuse(_ part: String, _ kind: String) throws(FormatError) {
      guard let key = keys.first(where: { $0.contains(part) }) else { return }
      throw FormatError("is \(kind), which limn does not compute", file: file.name, found: "'\(key)'", expected: "a LoRA of 'down' and 'up' matrices")
    }
    try refuse("hada_w1", "a LoHa")
    try refuse("lokr_w", "a LoKr")
    try refuse("lora_magnitude_vector", "a DoRA")
    try refuse("dora_scale", "a DoRA")
    try refuse("lora_mid.", "a LoCon with a middle matrix")
    let family = ModelFamily(of: file)
    guard family == .lora else { throw FormatError("is \(family.withArticle)", file: file.name, expected: "a LoRA") }
  }

  /// Why no layer of a file is one of the model, in plain words.
  private static func strange(_ file: SafetensorsFile, _ model: Model, _ layers: Int) -> FormatError {
    let keys = file.keys
    func any(_ parts: String...) -> Bool { keys.contains { key in parts.contains { key.contains($0) } } }
    var kind: String?
    if any("lora_te2_", "text_encoder_2.", "lora_te1_") { kind = "Stable Diffusion XL" }
    if any("double_blocks", "single_transformer_blocks", "single_blocks") { kind = "Flux" }
    if any("joint_blocks", "joint_transformer_blocks") { kind = "Stable Diffusion 3" }
    let made = kind.map { "a LoRA for \($0)" } ?? "a LoRA for other models than '\(model.name)', a \(model.report.family)"
    return FormatError("is \(made): none of its \(layers) layers is one of '\(model.name)'", file: file.name, found: FormatError.listing(keys, first: 2))
  }

  /// The alphas that a file's metadata tells: PEFT's config under each part's name, or kohya's `ss_network_alpha`.
  private struct Metadata {
    private let config: JSON?

    init(_ file: SafetensorsFile) throws(FormatError) {
      guard let text = file.metadata(AdapterFile.metadataKey) else {
        config = nil
        return
      }
      config = try JSON(parsing: text, file: "\(file.name), \(AdapterFile.metadataKey)")
    }

    /// The alpha of the layer of a weight; its rank where nothing is said. nil for what is no number.
    func alpha(of weight: String, rank: Int) -> Float? {
      guard let config, let part = ModelPart(ofKey: weight)?.rawValue else { return Float(rank) }
      let path = AdapterPlaces.bare(ModelPart.key(String(weight.dropLast(".weight".count))))
      var alpha = config["\(part).lora_alpha"]?.double
      if let patterns = config["\(part).alpha_pattern"]?.object, let found = patterns.first(where: { path == AdapterPlaces.bare($0.key) || path.hasSuffix("." + $0.key) }) { alpha = found.value.double }
      guard let alpha else { return Float(rank) }
      // Rank-stabilized LoRA divides by the root of the rank.
      return Float(config["\(part).use_rslora"]?.bool == true ? alpha * Double(rank).squareRoot() : alpha)
    }
  }

  // MARK: - Writing

  /// Writes an adapter, atomically, its strength counted into the alphas.
  ///
  /// - Parameter dtype: f32, f16 or bf16.
  /// - Throws: ``FormatError`` if the file cannot be written.
  package static func write(_ adapter: Adapter, to path: String, form: Form = .diffusers, dtype: DType = .f32) throws(FormatError) {
    let names = adapter.layers.keys.sorted()
    var tensors: [(key: String, tensor: Tensor)] = []
    for name in names {
      let layer = adapter.layers[name]!, path = AdapterPlaces.written(String(name.dropLast(".weight".count)))
      let alpha = layer.scale * adapter.strength * Float(layer.rank)
      let (down, up) = (layer.down.detached().converted(to: dtype), layer.up.detached().converted(to: dtype))
      switch form {
      case .diffusers: tensors += [("\(path).lora_A.weight", down), ("\(path).lora_B.weight", up)]
      case .kohya:
        let key = "lora_" + AdapterPlaces.joined(path.hasPrefix("text_encoder.") ? "te." + path.dropFirst("text_encoder.".count) : path)
        tensors += [("\(key).alpha", Tensor([alpha], [])), ("\(key).lora_down.weight", down), ("\(key).lora_up.weight", up)]
      }
    }
    let ranks = Set(adapter.layers.values.map(\.rank))
    let metadata: [(key: String, value: String)] =
      switch form {
      case .diffusers: [("format", "pt"), (metadataKey, config(of: adapter).description)]
      case .kohya:
        [("ss_network_module", "networks.lora"), ("ss_network_dim", ranks.count == 1 ? "\(ranks.first!)" : "Dynamic"), ("ss_network_alpha", alphas(of: adapter, names).count == 1 ? "\(alphas(of: adapter, names).first!)" : "Dynamic")]
      }
    try SafetensorsFile.write(tensors, metadata: metadata, to: path)
  }

  private static func alphas(of adapter: Adapter, _ names: [String]) -> Set<Float> {
    Set(names.map { adapter.layers[$0]!.scale * adapter.strength * Float(adapter.layers[$0]!.rank) })
  }

  /// PEFT's config of each part: rank and alpha most layers have, and those that differ by path.
  private static func config(of adapter: Adapter) -> JSON {
    var members: [JSON.Member] = []
    for part in [ModelPart.textEncoder, .unet] {
      let names = adapter.layers.keys.filter { ModelPart(ofKey: $0) == part }.sorted()
      guard !names.isEmpty else { continue }
      // PEFT matches by the ends of paths: without `text_model.` they fit the modules of every version of transformers.
      func path(_ name: String) -> String { AdapterPlaces.bare(ModelPart.key(String(name.dropLast(".weight".count)))) }
      let ranks = names.map { (path: path($0), value: adapter.layers[$0]!.rank) }
      let alphas = names.map { (path: path($0), value: adapter.layers[$0]!.scale * adapter.strength * Float(adapter.layers[$0]!.rank)) }
      let (rank, alpha) = (mostCommon(ranks.map(\.value)), mostCommon(alphas.map(\.value)))
      func number(_ value: Float) -> JSON { value == value.rounded() && abs(value) < 1e9 ? .int(Int(value)) : .number(Double(value)) }
      let key = part.rawValue
      members += [
        JSON.Member("\(key).alpha_pattern", .object(alphas.filter { $0.value != alpha }.map { JSON.Member($0.path, number($0.value)) })),
        JSON.Member("\(key).bias", "none"),
        JSON.Member("\(key).lora_alpha", number(alpha)),
        JSON.Member("\(key).peft_type", "LORA"),
        JSON.Member("\(key).r", .int(rank)),
        JSON.Member("\(key).rank_pattern", .object(ranks.filter { $0.value != rank }.map { JSON.Member($0.path, .int($0.value)) })),
        JSON.Member("\(key).target_modules", .array(names.map { .string(path($0)) })),
        JSON.Member("\(key).use_rslora", false),
      ]
    }
    return .object(members)
  }

  private static func mostCommon<Value: Hashable & Comparable>(_ values: [Value]) -> Value {
    var counts: [Value: Int] = [:]
    for value in values { counts[value, default: 0] += 1 }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }!.key
  }

  private static func stem(_ path: String) -> String {
    let file = path.splitLastComponent.name
    guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return file }
    return String(file[..<dot])
  }
}
