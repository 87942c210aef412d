import LimnTensor

extension SafetensorsFile {
  /// A tensor that is made when its turn to be written comes, so that a model in another width is never in memory whole.
  package struct Pending {
    let key: String
    let shape: Shape
    let dtype: DType
    let make: () -> Tensor

    /// - Parameter make: Gives the tensor, of exactly this shape and type.
    package init(key: String, shape: Shape, dtype: DType, make: @escaping () -> Tensor) {
      (self.key, self.shape, self.dtype, self.make) = (key, shape, dtype, make)
    }
  }

  /// Writes tensors in their own element types, atomically, in the order the reference writer uses: larger elements
  /// first, then by name, so that all data is aligned and the same tensors give the same bytes.
  ///
  /// - Throws: ``FormatError`` when a name is repeated or reserved, or the file cannot be written.
  package static func write(
    _ tensors: [(key: String, tensor: Tensor)], metadata: [(key: String, value: String)] = [], to path: String
  ) throws(FormatError) {
    try write(pending: tensors.map { key, tensor in Pending(key: key, shape: tensor.shape, dtype: tensor.dtype) { tensor } }, metadata: metadata, to: path)
  }

  /// Writes tensors one after the other, each made just before; otherwise as ``write(_:metadata:to:)`` of tensors.
  package static func write(pending tensors: [Pending], metadata: [(key: String, value: String)] = [], to path: String) throws(FormatError) {
    let ordered = tensors.sorted { ($1.dtype.byteSize, $0.key) < ($0.dtype.byteSize, $1.key) }
    let file = try AtomicFile(path)
    try writeHeader(ordered, metadata: metadata, path: path, file)
    for pending in ordered {
      let whole = pending.make().contiguous()
      precondition(whole.shape == pending.shape && whole.dtype == pending.dtype, "'\(pending.key)' is not what the header says")
      let start = UnsafeRawPointer(whole.storage.bytes) + whole.offset * whole.dtype.byteSize
      let bytes = UnsafeRawBufferPointer(start: start, count: whole.count * whole.dtype.byteSize)
      defer { withExtendedLifetime(whole) {} }
      try file.write(bytes)
    }
    try file.commit()
  }

  private static func writeHeader(
    _ tensors: [Pending], metadata: [(key: String, value: String)], path: String,
    _ file: borrowing AtomicFile
  ) throws(FormatError) {
    var members: [JSON.Member] = []
    if !metadata.isEmpty {
      members.append(JSON.Member("__metadata__", .object(metadata.map { JSON.Member($0.key, .string($0.value)) })))
    }
    var seen: Set<String> = ["__metadata__"]
    var position = 0
    for tensor in tensors {
      let key = tensor.key
      guard seen.insert(key).inserted else {
        throw FormatError("a name occurs twice or is reserved", file: path, key: key)
      }
      let end = position + tensor.shape.count * tensor.dtype.byteSize
      members.append(
        JSON.Member(
          key,
          [
            "dtype": .string(StoredType(tensor.dtype).rawValue), "shape": .array(tensor.shape.dims.map { .int($0) }),
            "data_offsets": [.int(position), .int(end)],
          ]))
      position = end
    }
    var text = Array(JSON.object(members).description.utf8)
    text += repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8)  // so that the data begins at a multiple of 8
    let bytes = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    var result: Result<Void, FormatError> = .success(())
    bytes.withUnsafeBytes { raw in
      do throws(FormatError) { try file.write(raw) } catch { result = .failure(error) }
    }
    try result.get()
  }
}
