import LimnBindings
import LimnRuntime
import LimnSyntax

/// What can be called or used, with its documentation: read off declarations and `///` comments, nothing runs.
public struct Reference: Sendable {
  /// A function or a value.
  public struct Entry: Sendable {
    public let name: String
    /// Its forms as declared: `blur(image: image, radius: float)`; for a value its name.
    public let signatures: [String]
    /// Markdown; empty when nothing was written.
    public let doc: String
    /// Where it is declared; nil for built-ins.
    public let place: String?
    public let examples: [Example]
  }

  /// A file, a module of the library or an area of the built-ins.
  public struct Section: Sendable {
    public let name: String
    /// Markdown; empty when nothing was written.
    public let doc: String
    public let entries: [Entry]
    public let examples: [Example]
  }

  public let sections: [Section]

  public init(_ sections: [Section]) { self.sections = sections }

  /// Everything that must run: the sections' examples and their entries'.
  public var examples: [(module: String, example: Example)] {
    sections.flatMap { section in (section.examples + section.entries.flatMap(\.examples)).map { (section.name, $0) } }
  }

  /// What is built in, by area.
  public static var builtIn: Reference {
    Reference(
      (Interpreter.ownNatives + LimnNatives.areas).map { area in
        var order: [String] = []
        var forms: [String: [Native]] = [:]
        for native in area.natives {
          if forms[native.name] == nil { order.append(native.name) }
          forms[native.name, default: []].append(native)
        }
        let entries = order.sorted().map { name in
          Entry(name: name, signatures: forms[name]!.map(\.signature), doc: forms[name]!.map(\.doc).unique.joined(separator: "\n\n"), place: nil, examples: [])
        }
        return Section(name: area.name, doc: "", entries: entries, examples: [])
      })
  }
}

extension Reference.Section {
  /// The public names of a source: functions, and values with a doc comment; names that begin with `_` are private.
  ///
  /// - Throws: When the source cannot be parsed.
  public init(source text: String, name: String, file: String) throws(LimnError) {
    let source = SourceText(text, name: file)
    let program = parse(source)
    if program.hasErrors {
      throw LimnError(CompileErrors(diagnostics: program.diagnostics.map { (source, $0) }), isColored: false)
    }
    var entries: [Reference.Entry] = []
    for statement in program.statements {
      let line = source.position(at: statement.range.start).line
      func entry(_ name: Name, _ signature: String, _ doc: String?) {
        guard !name.text.hasPrefix("_") else { return }
        let doc = doc ?? ""
        let firstLine = line - doc.split(separator: "\n", omittingEmptySubsequences: false).count
        entries.append(
          Reference.Entry(
            name: name.text, signatures: [signature], doc: doc, place: "\(file):\(line)",
            examples: Example.all(in: doc, file: file, firstLine: firstLine, isDocComment: true)))
      }
      switch statement.kind {
      case .function(let function):
        guard let name = function.name else { continue }
        let face = source[SourceRange(start: name.range.start, end: function.body.range.start)]
        entry(name, face.split(whereSeparator: \.isWhitespace).joined(separator: " "), function.doc ?? statement.doc)
      case .binding(_, let bindings):
        guard let doc = statement.doc, let first = bindings.first else { continue }
        entry(first.name, first.name.text, doc)
      default: break
      }
    }
    self.init(
      name: name, doc: program.doc ?? "", entries: entries,
      examples: program.doc.map { Example.all(in: $0, file: file, isDocComment: true) } ?? [])
  }
}

extension Array where Element: Hashable {
  /// The items without repetitions, in order.
  var unique: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
