import LimnDiffusion
import LimnRuntime

/// The text of what runs, for the pictures it saves and for `:save`: a program that makes the same again, below comment
/// lines that say what it was run with.
///
///     // limn 0.1
///     // seed: 7
///     // set: steps=10
///     // read: photos/a b.png sha256:9f86d0…
package final class Recipe {
  /// The program up to the statement that runs; asked for only when somebody saves.
  package var source: (() -> String)?
  /// The named arguments of `main`, as `--set` gave them.
  package var settings: [(name: String, value: String)] = []
  package init() {}

  /// What stands above the program, taken apart.
  package struct Header: Equatable {
    package var version: String?
    /// What a `seed:` that is left out stands for.
    package var seed = 0
    package var settings: [Setting] = []
    package var reads: [Read] = []

    package struct Setting: Equatable {
      package let name, value: String
      package init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    package struct Read: Equatable {
      package let path: String
      /// The SHA-256 in hex; nil when it was not known.
      package let hash: String?
      package init(path: String, hash: String?) { (self.path, self.hash) = (path, hash) }
    }

    package init() {}

    /// Reads the leading comment lines of a recipe; other lines among them are passed over.
    package init(of recipe: String) {
      for line in recipe.split(separator: "\n", omittingEmptySubsequences: false) {
        guard line.hasPrefix("// ") else { break }
        let rest = line.dropFirst(3)
        if rest.hasPrefix("limn ") { version = String(rest.dropFirst(5)) }
        if rest.hasPrefix("seed: ") { seed = Int(rest.dropFirst(6)) ?? 0 }
        if rest.hasPrefix("set: "), let equals = rest.firstIndex(of: "=") {
          settings.append(Setting(name: String(rest[..<equals].dropFirst(5)), value: String(rest[rest.index(after: equals)...])))
        }
        if rest.hasPrefix("read: ") { reads.append(Self.read(rest.dropFirst(6))) }
      }
    }

    private static func read(_ text: Substring) -> Read {
      // The hash is the last word, so that a path may have spaces.
      let mark = " sha256:"
      guard let space = text.lastIndex(of: " "), text[space...].hasPrefix(mark) else { return Read(path: String(text), hash: nil) }
      return Read(path: String(text[..<space]), hash: String(text[space...].dropFirst(mark.count)))
    }

    /// The comment lines, each with its line end.
    package var text: String {
      var lines = version.map { ["// limn \($0)"] } ?? []
      lines.append("// seed: \(seed)")
      // A line end would end the comment and begin a statement.
      lines += settings.map { "// set: \($0.name)=\(Self.oneLine($0.value))" }
      lines += reads.map { "// read: \(Self.oneLine($0.path))" + ($0.hash.map { " sha256:\($0)" } ?? "") }
      return lines.map { $0 + "\n" }.joined()
    }

    private static func oneLine(_ text: String) -> String {
      String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }))
    }
  }

  /// The whole recipe, header and program; nil when nothing runs that could be remade.
  ///
  /// - Parameter isThorough: Whether the hashes of large files are worked out too, which reads every byte of them.
  package func text(_ context: Context, isThorough: Bool = false) -> String? {
    guard let source else { return nil }
    var header = Header()
    header.version = Version.text
    header.seed = context.service(Defaults.self) { Defaults() }.seed
    header.settings = settings.map { Header.Setting(name: $0.name, value: $0.value) }
    header.reads = context.files.reads.map { Header.Read(path: $0.path, hash: isThorough ? $0.hash() : $0.quickHash) }
    return header.text + source()
  }
}

extension Making {
  /// Takes note of a file that was read, as the script named it, by the bytes that were read.
  package func didRead(_ path: String, _ bytes: some Collection<UInt8>) {
    let hash = bytes.withContiguousStorageIfAvailable { SHA256.hex(UnsafeRawBufferPointer($0)) }
    files.didRead(path, hash: hash ?? Array(bytes).withUnsafeBytes { SHA256.hex($0) })
  }
}
