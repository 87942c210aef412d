import CLimnLibrary
import Glibc
import LimnBindings
import LimnRuntime
import LimnSyntax

// Where `use name` looks: beside the script (in the working folder for a session), then in the library inside the binary.
// Modules of the library see the library only, so that a file beside the script never changes what a library function does.

extension Session {
  /// Tells the interpreter where modules are.
  ///
  /// - Parameter folder: The script's folder; nil is the working folder.
  static func findModules(for interpreter: Interpreter, beside folder: String?) {
    interpreter.findModule = { [unowned interpreter] name, isLibrary in
      if !isLibrary, let own = try ModuleFiles.read(name, in: folder) {
        interpreter.read { $0.didRead("\(name).limn", own.bytes) }
        return ModuleSource(own, isLibrary: false)
      }
      return try Library.source(of: name).map { ModuleSource($0, isLibrary: true) }
    }
    interpreter.moduleNames = { ModuleFiles.names(in: folder) + Library.names }
  }
}

/// The standard library: the modules embedded in the binary and, while it is being worked on, a folder named by the
/// environment variable `LIMN_STDLIB`, whose files come first.
package enum Library {
  /// The names of the embedded modules, in alphabetical order.
  package static let embeddedNames: [String] = modules.map { String(cString: $0.name) }

  /// Every name that `use` finds in the library.
  package static var names: [String] { (folder.map { ModuleFiles.names(in: $0) } ?? []) + embeddedNames }

  /// The text of a module; nil if there is none of the name.
  ///
  /// - Throws: A fault of kind `io` when there is a file that cannot be read.
  package static func source(of name: String) throws -> SourceText? {
    if let folder, let edited = try ModuleFiles.read(name, in: folder) { return edited }
    guard let module = modules.first(where: { String(cString: $0.name) == name }) else { return nil }
    // The brackets keep it apart from a folder 'stdlib' beside a script: modules are told apart by the names of their sources.
    return SourceText(bytes: Array(UnsafeBufferPointer(start: module.text, count: module.length)), name: "<stdlib>/\(name).limn")
  }

  /// The same as a program of that name, for a command that runs it.
  package static func program(_ name: String) throws -> (text: String, name: String)? { try source(of: name).map { ($0.text, $0.name) } }

  private static var folder: String? { getenv("LIMN_STDLIB").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }

  private static var modules: UnsafeBufferPointer<limn_library_module> {
    var count = 0
    let first = limn_library_modules(&count)
    return UnsafeBufferPointer(start: first, count: count)
  }
}

/// The `.limn` files of a folder.
private enum ModuleFiles {
  /// The longest module that is read, in bytes.
  static let sizeLimit = 64 << 20

  /// The text of the module's file; nil if there is no such file.
  static func read(_ name: String, in folder: String?) throws -> SourceText? {
    let path = folder.map { "\($0)/\(name).limn" } ?? "\(name).limn"
    guard let bytes = FileBytes.read(path, limit: sizeLimit) else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw Fault(.io, String(cString: strerror(errno)).lowercased())
    }
    guard bytes.count <= sizeLimit else { throw Fault(.io, "it is longer than \(sizeLimit) bytes") }
    return SourceText(bytes: bytes, name: path)
  }

  /// The names of the modules in a folder, sorted; none if it cannot be read.
  static func names(in folder: String?) -> [String] {
    guard let entries = opendir(folder ?? ".") else { return [] }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let file = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if file.hasSuffix(".limn") { names.append(String(file.dropLast(5))) }
    }
    return names.sorted()
  }
}
