/// The names a pickle may ask for. A closed list: what is not on it ends the reading, and nothing here is ever called — each
/// stands for what the reader itself makes of its arguments.
enum PickleGlobal: Hashable {
  /// `collections.OrderedDict`: a map.
  case orderedMap
  /// `torch._utils._rebuild_tensor_v2` and its elder: a view on a storage.
  case tensor
  /// `torch._utils._rebuild_parameter`: the tensor it wraps.
  case parameter
  /// `torch.FloatStorage` and the like: the element type of a storage.
  case storage(StoredType)
  /// `torch.nn.modules.container.ParameterDict`, which old embeddings hold: a map of what it was given.
  case parameterMap
  /// `torch.Size`: a list.
  case size
  /// Known to stand in checkpoints beside the weights, and passed over: optimizers' numbers, callbacks of a trainer.
  case passedOver(String)

  /// - Returns: nil for a name that is not on the list.
  init?(_ module: String, _ name: String) {
    let known: PickleGlobal? =
      switch (module, name) {
      case ("collections", "OrderedDict"): .orderedMap
      case ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor"): .tensor
      case ("torch._utils", "_rebuild_parameter"): .parameter
      case ("torch.nn.modules.container", "ParameterDict"): .parameterMap
      case ("torch", "Size"): .size
      case ("torch", _), ("torch.cuda", _): Self.storages[name].map { .storage($0) } ?? (module == "torch" && Self.types.contains(name) ? .passedOver("torch.\(name)") : nil)
      default: Self.beside.contains("\(module).\(name)") ? .passedOver("\(module).\(name)") : nil
      }
    guard let known else { return nil }
    self = known
  }

  private static let storages: [String: StoredType] = [
    "FloatStorage": .f32, "HalfStorage": .f16, "BFloat16Storage": .bf16, "DoubleStorage": .f64, "LongStorage": .i64,
    "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8, "ByteStorage": .u8, "BoolStorage": .bool,
  ]

  private static let types: Set<String> = [
    "float32", "float16", "bfloat16", "float64", "int64", "int32", "int16", "int8", "uint8", "bool", "device",
  ]

  private static let beside: Set<String> = [
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype", "_codecs.encode",
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
  ]
}
