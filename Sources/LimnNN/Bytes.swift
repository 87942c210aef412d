import Glibc

/// The bytes of a file: mapped, embedded in the binary, or held in memory. Whatever shares them keeps this object alive.
package final class Bytes: @unchecked Sendable {
  private let buffer: UnsafeRawBufferPointer
  private let release: Release

  private enum Release {
    case unmap
    case deallocate
    case nothing
  }

  /// What tells equal bytes without reading them.
  package enum Source: Hashable, Sendable {
    /// A file as it was when it was mapped: its device, number, size, and time of change in nanoseconds.
    case file(device: UInt, number: UInt, size: Int, changed: Int)
    /// Memory that stays what it is.
    case memory(UInt)
  }

  /// Where the bytes come from; nil for those held in memory, which nobody else has.
  package let source: Source?

  private init(_ buffer: UnsafeRawBufferPointer, release: Release, source: Source?) {
    self.buffer = buffer
    self.release = release
    self.source = source
  }

  deinit {
    switch release {
    case .unmap: munmap(UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count)
    case .deallocate: buffer.deallocate()
    case .nothing: break
    }
  }

  package var count: Int { buffer.count }

  /// Calls `body` with the bytes, which stay where they are at least until it returns.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(buffer)
  }

  /// Where the bytes begin, for views that keep this object as their owner; never nil, even for an empty file.
  package var start: UnsafeRawPointer { buffer.baseAddress! }

  /// Maps the file at `path` privately: a page is read when it is first touched and can be dropped at any time.
  ///
  /// - Throws: ``FormatError`` when the file is missing, is a folder or cannot be read.
  package static func mapping(_ path: String) throws(FormatError) -> Bytes {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FormatError("cannot be read: \(String(cString: strerror(errno)))", file: path) }
    defer { close(file) }
    var info = stat()
    guard fstat(file, &info) == 0 else {
      throw FormatError("cannot be read: \(String(cString: strerror(errno)))", file: path)
    }
    guard info.st_mode & S_IFMT == S_IFREG else {
      let what = info.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device or pipe"
      throw FormatError("cannot be read", file: path, found: what, expected: "a file")
    }
    let count = Int(info.st_size)
    if count == 0 { return Bytes([]) }  // mmap refuses a length of 0
    let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, file, 0)
    guard let start, start != MAP_FAILED else {
      throw FormatError("cannot be mapped: \(String(cString: strerror(errno)))", file: path)
    }
    let changed = info.st_mtim.tv_sec &* 1_000_000_000 &+ info.st_mtim.tv_nsec
    let source = Source.file(device: UInt(info.st_dev), number: UInt(info.st_ino), size: count, changed: changed)
    return Bytes(UnsafeRawBufferPointer(start: start, count: count), release: .unmap, source: source)
  }

  /// Lets go of the memory of the whole pages inside `range`, if these bytes are a mapped file: they are read again when next touched.
  package func release(_ range: Range<Int>) {
    guard case .unmap = release else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound / page * page
    if first < end { madvise(UnsafeMutableRawPointer(mutating: start + first), end - first, MADV_DONTNEED) }
  }

  /// A view on memory that lives as long as the program, such as the files embedded in the binary.
  package init(forever buffer: UnsafeRawBufferPointer) {
    self.buffer = buffer
    release = .nothing
    source = buffer.baseAddress.map { .memory(UInt(bitPattern: $0)) }
  }

  /// A copy of `bytes`, aligned to 64 bytes.
  package init(_ bytes: [UInt8]) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
    copy.copyBytes(from: bytes)
    buffer = UnsafeRawBufferPointer(start: copy.baseAddress, count: bytes.count)
    release = .deallocate
    source = nil
  }

  /// The bytes as text.
  ///
  /// - Throws: ``FormatError`` when they are not UTF-8.
  package func text(file: String) throws(FormatError) -> String {
    guard let text = withBytes({ String(validating: $0, as: UTF8.self) }) else {
      throw FormatError("not a UTF-8 text file", file: file)
    }
    return text
  }
}
