import Glibc
import LimnRuntime

/// Files and folders: what `files` and `paths` of the library are made of.
enum FileNatives {
  static let all: [Native] = [
    Native("read_text(path: string)", doc: "The text of a file; a relative path is looked for beside the script, then in the working folder.", effect: .acts) { call in
      call.make(outside: try call.text(at: 0))
    },
    Native("write_text(text: string, path: string, append: bool = false)", doc: "Writes a text to a file, in place of what was there or behind it.", effect: .acts) { call in
      let bytes = Array(call.text(call[0]).utf8)
      if try call.bool("append") { try append(bytes, call) } else { try call.write(bytes, to: "path") }
      return .nil
    },
    Native("list_folder(path: string = \".\")", doc: "The names in a folder, in the order of their bytes.", effect: .acts) { call in
      let path = try call.path(0)
      guard let entries = opendir(path) else { throw call.fault(.io, "cannot read the folder '\(try call.string(0))': \(Path.systemReason)", at: 0) }
      defer { closedir(entries) }
      var names: [[UInt8]] = []
      while let entry = readdir(entries) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: UInt8.self, capacity: 256) { Array(UnsafeBufferPointer(start: $0, count: strlen(pointer))) }
        }
        if name != [46], name != [46, 46] { names.append(name) }
      }
      return call.make(names.sorted { $0.lexicographicallyPrecedes($1) }.map { call.make(outside: String(decoding: $0, as: UTF8.self)) })
    },
    Native("file_info(path: string)", doc: "The kind (\"file\", \"folder\" or \"other\"), size in bytes and time of change (Unix seconds) of what is at a path; nil if nothing is.", effect: .acts) { call in
      var status = stat()
      guard stat(try call.path(0), &status) == 0 else {
        if errno == ENOENT || errno == ENOTDIR { return .nil }
        throw call.fault(.io, "cannot look at '\(try call.string(0))': \(Path.systemReason)", at: 0)
      }
      let kind = status.st_mode & S_IFMT
      let seconds = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
      return call.make(fields: [
        ("kind", call.make(kind == S_IFREG ? "file" : kind == S_IFDIR ? "folder" : "other")), ("size", .int(Int(status.st_size))), ("modified", .float(seconds)),
      ])
    },
    Native("make_folder(path: string)", doc: "Makes a folder and those above it; one that is there already is fine.", effect: .acts) { call in
      try call.makeFolder(0)
      return .nil
    },
    Native("copy_file(from: string, to: string)", doc: "Writes a copy of a file, in place of what was there.", effect: .acts) { call in
      try call.write(try call.contents(0), to: 1)
      return .nil
    },
    Native("unix_time()", doc: "Seconds since the start of 1970 in UTC, by this machine's clock.", effect: .acts) { _ in
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      return .float(Double(now.tv_sec) + Double(now.tv_nsec) / 1e9)
    },
  ]

  /// Writes behind what a file holds; not in one piece, as logs are.
  private static func append(_ bytes: [UInt8], _ call: NativeCall) throws {
    try call.writing("path") { target in
      func failure() throws -> Fault { call.fault(.io, "cannot write '\(try call.string("path"))': \(Path.systemReason)", at: "path") }
      let file = open(target, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
      guard file >= 0 else { throw try failure() }
      defer { close(file) }
      var written = 0
      while written < bytes.count {
        let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + written, bytes.count - written) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw try failure() }
        written += count
      }
    }
  }
}
