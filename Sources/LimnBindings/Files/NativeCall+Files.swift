import Glibc
import LimnImage
import LimnNN
import LimnRuntime

// Arguments that are paths. Errors name the path as the script wrote it.
extension NativeCall {
  /// The longest file that is read whole: 1 GiB.
  private static var sizeLimit: Int { 1 << 30 }

  private var access: FileAccess { service(FileAccess.self) { FileAccess() } }

  /// The path of a file to read, as the system should see it.
  func path(_ key: ParameterKey) throws -> String { path(try checkedPath(key)) }

  func path(_ path: String) -> String { access.source(path, scriptFolder: scriptFolder) }

  /// The bytes of the file at a path.
  func contents(_ key: ParameterKey) throws -> [UInt8] {
    let name = try checkedPath(key)
    func failure(_ reason: String) -> Fault { fault(.io, "cannot read '\(name)': \(reason)", at: key) }
    let file = open(path(name), O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(Path.systemReason) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure(Path.systemReason) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw failure("it is a folder") }
    var bytes: [UInt8] = []
    while bytes.count <= Self.sizeLimit {
      var got = 0
      // One byte more than the file has: the read that finds the end is then the first.
      bytes += [UInt8](unsafeUninitializedCapacity: min(max(Int(status.st_size) - bytes.count + 1, 1 << 16), 1 << 26)) { buffer, used in
        repeat { got = Glibc.read(file, buffer.baseAddress, buffer.count) } while got < 0 && errno == EINTR
        used = max(got, 0)
      }
      if got < 0 { throw failure(Path.systemReason) }
      if got == 0 {
        didRead(name, bytes)
        return bytes
      }
      try checkInterrupt()
    }
    throw failure("it is longer than \(Self.sizeLimit) bytes")
  }

  /// The text of the file at a path.
  func text(at key: ParameterKey) throws -> String {
    let bytes = try contents(key)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw fault(.io, "'\(try string(key))' is not UTF-8 text", at: key)
    }
    return text
  }

  /// The file to write for a path; the folder it lies in is there and may be written to.
  func target(_ key: ParameterKey) throws -> String { try target(try checkedPath(key), key) }

  private func target(_ path: String, _ key: ParameterKey) throws -> String {
    do { return try access.target(path, scriptFolder: scriptFolder) } catch {
      throw fault(.io, "cannot write '\(path)': \(error.reason)", at: key, help: error.help)
    }
  }

  /// Writes a file whole or not at all.
  func write(_ bytes: [UInt8], to key: ParameterKey) throws {
    try writing(key) { try PictureFile.write(bytes, to: $0) }
  }

  /// Runs `body` with the file to write; its errors name the path.
  func writing(_ key: ParameterKey, _ body: (String) throws -> Void) throws {
    let (path, target) = (try checkedPath(key), try target(key))
    do { try body(target) } catch ImageError.unwritable(_, let reason) {
      throw fault(.io, "cannot write '\(path)': \(reason)", at: key)
    } catch let error as FormatError {
      throw fault(.io, error.description, at: key)
    }
    access.note(path)
    files.didWrite(path)
  }

  /// Runs `body` with the folder to write, whose path may end in slashes; its errors name the path.
  func writingFolder(_ key: ParameterKey, _ body: (String) throws -> Void) throws {
    var path = try checkedPath(key)
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let target = try target(path, key)
    do { try body(target) } catch let error as FormatError { throw fault(.io, error.description, at: key, help: error.help) }
    access.note(path)
    files.didWrite(path)
  }

  func makeFolder(_ key: ParameterKey) throws {
    let path = try checkedPath(key)
    do { try access.makeFolder(path, scriptFolder: scriptFolder) } catch {
      throw fault(.io, "cannot make the folder '\(path)': \(error.reason)", at: key, help: error.help)
    }
    access.note(path)
  }

  /// A path that the system will not read as another one.
  private func checkedPath(_ key: ParameterKey) throws -> String {
    let path = text(self[key])
    guard !path.isEmpty else { throw fault(.value, "the path is empty", at: key) }
    guard !path.utf8.contains(0) else { throw fault(.value, "the path holds a zero byte", at: key) }
    return path
  }
}
