import LimnSyntax

extension Reference {
  /// The modules of the standard library.
  ///
  /// - Throws: When a module cannot be parsed, which only a file of `LIMN_STDLIB` can be.
  public static var library: Reference {
    get throws(LimnError) {
      var sections: [Section] = []
      for name in Library.names {
        guard let source = try? Library.source(of: name) else { continue }
        sections.append(try Section(source: source.text, name: name, file: "\(name).limn"))
      }
      return Reference(sections)
    }
  }
}
