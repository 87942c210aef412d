// Checks a safetensors header. Knows nothing of tensors: from bytes to names and ranges that are proven to lie in the file.

/// The checked header of a safetensors file.
struct SafetensorsHeader {
  var entries: [String: SafetensorsFile.Entry] = [:]
  var metadata: [(key: String, value: String)] = []

  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) {
    guard bytes.count >= 8 else {
      throw FormatError(
        "too short for a safetensors file", file: file, found: "\(bytes.count) bytes", expected: "at least 8")
    }
    let claimed = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    // Checked before anything is allocated or read: the length is the writer's claim, not a fact.
    guard claimed <= UInt64(SafetensorsFile.maximumHeader) else {
      throw FormatError(
        "the header is too long, so this is not a safetensors file", file: file, found: "\(claimed) bytes",
        expected: "at most \(SafetensorsFile.maximumHeader)")
    }
    let dataStart = 8 + Int(claimed)
    guard dataStart <= bytes.count else {
      throw FormatError(
        "the header reaches past the end, so the file is cut short or not a safetensors file", file: file,
        found: "\(bytes.count) bytes", expected: "at least \(dataStart)")
    }
    let text = UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart])
    guard text.first == UInt8(ascii: "{") else {
      throw FormatError("the header is not a JSON object, so this is not a safetensors file", file: file)
    }
    // A row of the header is an object of three entries: with a shape of rank 6, twelve values.
    let limits = JSON.Limits(depth: 4, values: SafetensorsFile.maximumEntries * 12)
    let header = try JSON(parsing: text, file: file, limits: limits)
    try read(header.object ?? [], dataStart: dataStart, file: file)
    try checkLayout(dataStart: dataStart, end: bytes.count, file: file)
  }

  private mutating func read(_ members: [JSON.Member], dataStart: Int, file: String) throws(FormatError) {
    guard members.count <= SafetensorsFile.maximumEntries else {
      throw FormatError(
        "too many tensors", file: file, found: "\(members.count)", expected: "at most \(SafetensorsFile.maximumEntries)"
      )
    }
    entries.reserveCapacity(members.count)
    for member in members {
      if member.key == "__metadata__" {
        try readMetadata(member.value, file: file)
      } else {
        let entry = try SafetensorsFile.Entry(member.value, key: member.key, dataStart: dataStart, file: file)
        // Swift's strings compare by canonical equivalence, so two spellings of 'é' meet here.
        guard entries.updateValue(entry, forKey: member.key) == nil else {
          throw FormatError("the key occurs twice", file: file, key: member.key)
        }
      }
    }
  }

  private mutating func readMetadata(_ value: JSON, file: String) throws(FormatError) {
    guard let members = value.object else {
      throw FormatError(
        "is not an object", file: file, key: "__metadata__", found: value.kind, expected: "an object of strings")
    }
    for member in members {
      guard let text = member.value.string else {
        throw FormatError(
          "'\(member.key)' is not text", file: file, key: "__metadata__", found: member.value.kind, expected: "a string"
        )
      }
      metadata.append((member.key, text))
    }
  }

  /// The data must be covered exactly: sorted by place, each tensor begins where the one before it ends.
  private func checkLayout(dataStart: Int, end: Int, file: String) throws(FormatError) {
    var position = dataStart
    var previous = ""
    let ordered = entries.sorted {
      ($0.value.range.lowerBound, $0.value.range.upperBound, $0.key) < (
        $1.value.range.lowerBound, $1.value.range.upperBound, $1.key
      )
    }
    for (key, entry) in ordered {
      if entry.range.lowerBound < position {
        throw FormatError("its data overlaps that of '\(previous)'", file: file, key: key)
      }
      if entry.range.lowerBound > position {
        throw FormatError(
          "there is a hole of \(entry.range.lowerBound - position) bytes before its data", file: file, key: key)
      }
      position = entry.range.upperBound
      previous = key
    }
    guard position == end else {
      let problem = position < end ? "there is data that belongs to no tensor" : "the data is cut short"
      throw FormatError(
        problem, file: file, key: position > end ? previous : nil, found: "\(end - dataStart) bytes of data",
        expected: "\(position - dataStart)")
    }
  }
}

extension SafetensorsFile.Entry {
  fileprivate init(_ value: JSON, key: String, dataStart: Int, file: String) throws(FormatError) {
    func wrong(_ problem: String, found: String? = nil, expected: String? = nil) -> FormatError {
      FormatError(problem, file: file, key: key, found: found, expected: expected)
    }
    guard let members = value.object else {
      throw wrong("the header entry is malformed", found: value.kind, expected: "an object")
    }
    if let extra = members.first(where: { !["dtype", "shape", "data_offsets"].contains($0.key) }) {
      throw wrong("unknown field '\(extra.key)' in the header")
    }
    guard let typeName = value["dtype"]?.string else { throw wrong("the header gives no 'dtype'") }
    guard let dtype = StoredType(rawValue: typeName) else {
      throw wrong("unknown element type", found: "'\(typeName)'", expected: "one such as F32, F16 or BF16")
    }
    guard let shape = value["shape"]?.array else { throw wrong("the header gives no 'shape'") }
    guard shape.count <= SafetensorsFile.maximumRank else {
      throw wrong("too many axes", found: "\(shape.count)", expected: "at most \(SafetensorsFile.maximumRank)")
    }
    var dims: [Int] = []
    var byteCount = dtype.byteSize
    var isEmpty = false
    for dim in shape {
      // A number such as 4.0 is no integer here: the reference reader refuses it too.
      guard case .int(let size) = dim, size >= 0 else {
        throw wrong("a size in 'shape' is not a whole number", found: "\(dim)")
      }
      dims.append(size)
      if size == 0 {
        isEmpty = true
        continue
      }  // the other sizes are still multiplied, so that [0, huge] overflows as [huge, 0] does
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
      if overflow { throw wrong("'shape' is too large for any file", found: "\(value["shape"]!)") }
      byteCount = product
    }
    if isEmpty { byteCount = 0 }
    guard let offsets = value["data_offsets"]?.array, offsets.count == 2,
      case .int(let begin) = offsets[0], case .int(let end) = offsets[1]
    else { throw wrong("the header gives no 'data_offsets' of two whole numbers") }
    guard begin >= 0, begin <= end, end <= Int.max - dataStart else {
      throw wrong("'data_offsets' are not a range", found: "[\(begin), \(end)]")
    }
    guard end - begin == byteCount else {
      throw wrong(
        "the data does not fit \(typeName) of \(value["shape"]!)", found: "\(end - begin) bytes",
        expected: "\(byteCount)")
    }
    self.init(dtype: dtype, shape: dims, range: dataStart + begin..<dataStart + end)
  }
}
