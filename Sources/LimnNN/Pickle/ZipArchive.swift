/// The entries of a zip archive whose data lies in it as it is. Only that much of the format is read as torch writes.
///
/// - Source: PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 to 4.3.16 and 4.5.3 (zip64).
struct ZipArchive {
  /// Where an entry's bytes lie, counted from the start of the archive, by its name.
  private(set) var entries: [String: Range<Int>] = [:]

  static let mostEntries = 65_536  // as many as a safetensors header may name
  static let signature: [UInt8] = [0x50, 0x4B, 3, 4]

  private let bytes: UnsafeRawBufferPointer
  private let file: String

  /// Reads the directory at the end; every entry is proven to lie inside of the archive.
  ///
  /// - Throws: ``FormatError`` for a directory that is cut, compressed entries, and names that occur twice.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) {
    (self.bytes, self.file) = (bytes, file)
    var directory = try findDirectory()
    guard directory.count <= Self.mostEntries else { throw damaged("too many entries", "\(directory.count)", "at most \(Self.mostEntries)") }
    for _ in 0..<directory.count { try readEntry(&directory.start) }
  }

  private func damaged(_ problem: String, _ found: String? = nil, _ expected: String? = nil) -> FormatError {
    FormatError("is a damaged archive: \(problem)", file: file, found: found, expected: expected)
  }

  /// A little-endian number; bytes past the end are an error, not zeros.
  private func number(_ place: Int, bytes count: Int) throws(FormatError) -> Int {
    guard place >= 0, place <= bytes.count - count else { throw damaged("its directory is cut short") }
    var value: UInt64 = 0
    for i in 0..<count { value |= UInt64(bytes[place + i]) << UInt64(8 * i) }
    guard let number = Int(exactly: value) else { throw damaged("its directory names a place past any file") }
    return number
  }

  /// The end record is the last thing in the file but for a comment of at most 65,535 bytes.
  private func findDirectory() throws(FormatError) -> (start: Int, count: Int) {
    let last = bytes.count - 22
    var end = last
    while end >= 0, end >= last - 65_535, try number(end, bytes: 4) != 0x0605_4B50 { end -= 1 }
    guard end >= 0, end >= last - 65_535 else { throw damaged("its directory is missing, so the file is cut short or no archive") }
    var (count, start) = (try number(end + 10, bytes: 2), try number(end + 16, bytes: 4))
    if count == 0xFFFF || start == 0xFFFF_FFFF {
      guard end >= 20, try number(end - 20, bytes: 4) == 0x0706_4B50 else { throw damaged("its large directory is missing") }
      let record = try number(end - 12, bytes: 8)
      guard try number(record, bytes: 4) == 0x0606_4B50 else { throw damaged("its large directory is missing") }
      (count, start) = (try number(record + 32, bytes: 8), try number(record + 48, bytes: 8))
    }
    return (start, count)
  }

  private mutating func readEntry(_ place: inout Int) throws(FormatError) {
    guard try number(place, bytes: 4) == 0x0201_4B50 else { throw damaged("its directory is malformed") }
    let (flags, method) = (try number(place + 8, bytes: 2), try number(place + 10, bytes: 2))
    var packed = try number(place + 20, bytes: 4), size = try number(place + 24, bytes: 4), header = try number(place + 42, bytes: 4)
    let nameLength = try number(place + 28, bytes: 2), extraLength = try number(place + 30, bytes: 2), commentLength = try number(place + 32, bytes: 2)
    let extra = place + 46 + nameLength
    guard extra + extraLength + commentLength <= bytes.count else { throw damaged("its directory is cut short") }
    guard let name = String(validating: bytes[place + 46..<extra], as: UTF8.self) else { throw damaged("a name is no UTF-8") }
    try readLarge(extra..<extra + extraLength, &size, &packed, &header)
    place = extra + extraLength + commentLength
    if name.hasSuffix("/") { return }  // a folder
    guard flags & 1 == 0 else { throw FormatError("is an encrypted archive", file: file, key: name) }
    guard method == 0, packed == size else {
      throw FormatError(
        "is compressed, which torch does not do", file: file, key: name, expected: "entries stored as they are",
        help: "load it and save it again with torch.save, or with safetensors.torch.save_file")
    }
    // The local header repeats the name; its extra field may have another length.
    guard try number(header, bytes: 4) == 0x0403_4B50 else { throw damaged("'\(name)' is not where the directory says") }
    let data = header + 30 + (try number(header + 26, bytes: 2)) + (try number(header + 28, bytes: 2))
    guard data <= bytes.count, size <= bytes.count - data else { throw damaged("'\(name)' reaches past the end", "\(bytes.count) bytes", "more than \(data)") }
    guard entries.updateValue(data..<data + size, forKey: name) == nil else { throw damaged("'\(name)' occurs twice") }
  }

  /// Sizes and places that do not fit 32 bits stand in an extra field, in this order, each only where it is needed.
  private func readLarge(_ extra: Range<Int>, _ size: inout Int, _ packed: inout Int, _ header: inout Int) throws(FormatError) {
    var place = extra.lowerBound
    while place + 4 <= extra.upperBound {
      let (kind, length) = (try number(place, bytes: 2), try number(place + 2, bytes: 2))
      let end = place + 4 + length
      guard end <= extra.upperBound else { return }
      if kind == 1 {
        var at = place + 4
        func next(_ value: inout Int) throws(FormatError) {
          guard value == 0xFFFF_FFFF, at + 8 <= end else { return }
          value = try number(at, bytes: 8)
          at += 8
        }
        try next(&size)
        try next(&packed)
        try next(&header)
        return
      }
      place = end
    }
  }
}
