import Foundation
import LimnSyntax
import Testing

/// What must hold of the formatter for every program.
@Suite struct FormatterTests {
  static let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Programs of a folder and its folders.
  static func programs(_ folder: String) -> [(name: String, text: String)] {
    let root = repository.appendingPathComponent(folder)
    let files = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix(".limn") }.sorted().compactMap { file in
      (try? String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)).map { ("\(folder)/\(file)", $0) }
    }
  }

  /// The blocks of the documents that hold programs.
  static func blocks(_ folder: String) -> [(name: String, text: String)] {
    let root = repository.appendingPathComponent(folder)
    let files = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix(".md") }.sorted().flatMap { file -> [(String, String)] in
      let text = (try? String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)) ?? ""
      return text.components(separatedBy: "```limn").dropFirst().enumerated().map { index, part in
        let body = part.drop { $0 != "\n" }.dropFirst()
        let end = body.range(of: "```")?.lowerBound ?? body.endIndex
        return ("\(folder)/\(file) block \(index + 1)", String(body[..<end]))
      }
    }
  }

  private func format(_ text: String) throws -> String { try formatted(SourceText(text, name: "test.limn")) }

  private func comments(_ text: String) -> [String] {
    let source = SourceText(text, name: "test.limn")
    return tokenize(source).comments.map { source[$0.range].trimmingCharacters(in: .whitespaces) }
  }

  private func tree(_ text: String) -> [String] {
    let program = parse(SourceText(text, name: "test.limn"))
    return program.statements.map { "\($0.doc ?? "")|\(dump($0))" } + ["\(program.doc ?? "") \(program.isMuted)"]
  }

  @Test func everyProgramKeepsItsMeaningAndComments() throws {
    let all = Self.programs("Tests/Scripts") + Self.programs("docs/examples") + Self.programs("stdlib") + Self.blocks("docs")
    #expect(all.count > 250)
    for (name, text) in all where !parse(SourceText(text, name: name)).hasErrors {
      let once = try format(text)
      #expect(try format(once) == once, "formatting \(name) twice")
      #expect(tree(once) == tree(text), "the tree of \(name)")
      #expect(comments(once) == comments(text), "the comments of \(name)")
      #expect(!once.contains(" \n") && !once.contains("\n\n\n"), "blanks in \(name)")
    }
  }

  @Test func ourOwnProgramsAreInOurStyle() throws {
    let all = Self.programs("docs/examples") + Self.programs("stdlib") + Self.blocks("docs").filter { $0.name.contains("language.md") }
    #expect(all.count > 8)
    for (name, text) in all where !parse(SourceText(text, name: name)).hasErrors { #expect(try format(text) == text, "\(name)") }
  }

  @Test func everyProgramOutOfShapeComesBack() throws {
    for (name, text) in Self.programs("docs/examples") {
      // Twice the indentation, and blanks at the ends of lines.
      let wide = text.components(separatedBy: "\n").map { line in
        let indent = line.prefix { $0 == " " }.count
        return line.isEmpty ? line : String(repeating: " ", count: indent) + line + "  "
      }.joined(separator: "\n")
      #expect(tree(try format(wide)) == tree(text), "\(name)")
    }
  }

  static let cases: [(String, String)] = [
    ("let run =sample( pipe,\"a cat\" ,seed:7 );\nrun", "let run = sample(pipe, \"a cat\", seed: 7)\nrun\n"),
    ("x   =  1+2*-3", "x = 1 + 2 * -3\n"),
    ("a ;  b", "a; b\n"),
    ("a;", "a;\n"),
    ("f( )\n\n\n\ng()\n\n", "f()\n\ng()\n"),
    ("xs [ 0 ]\nxs[1 ..<3,..]\nxs[ 2 ... ]", "xs[0]\nxs[1..<3, ..]\nxs[2...]\n"),
    ("m = [\"a\":1,\"b\" : 2]\n[ : ]", "m = [\"a\": 1, \"b\": 2]\n[:]\n"),
    ("if a{b}else{c}", "if a { b } else { c }\n"),
    ("if a {}\n", "if a { }\n"),
    ("func f( x ,y=2 ){\nx\n}", "func f(x, y = 2) {\n  x\n}\n"),
    ("func f(a:tensor[b,c,..]) {\n      a\n      }", "func f(a: tensor[b, c, ..]) {\n  a\n}\n"),
    ("for i in 0 ..< 3{\nprint( i )\n// end\n}", "for i in 0..<3 {\n  print(i)\n  // end\n}\n"),
    ("x=>x+1\n( a,b )=>{ a }", "x => x + 1\n(a, b) => { a }\n"),
    ("f(x){a,b=>\na+b\n}", "f(x) { a, b =>\n  a + b\n}\n"),
    ("let a = 1  // one\nlet bb = 2 // two", "let a = 1  // one\nlet bb = 2 // two\n"),
    ("let a   = 1\nlet bcd = 2", "let a   = 1\nlet bcd = 2\n"),
    ("let a   =1\nlet bcd =2", "let a   = 1\nlet bcd = 2\n"),
    ("let a    = 1\nlet bcd = 2", "let a = 1\nlet bcd = 2\n"),
    ("a( 1 )     // x\nb(2)       // y", "a(1)       // x\nb(2)       // y\n"),
    ("f( 1 )    // one\n          // more\n// apart", "f(1)      // one\n          // more\n// apart\n"),
    ("f(a,\n  b)", "f(a,\n  b)\n"),
    ("let y = f( a,\n           b)", "let y = f(a,\n          b)\n"),
    ("let y = f(\na,\nb\n)", "let y = f(\n  a,\n  b\n)\n"),
    ("let y = x\n.f()\n.g()", "let y = x\n  .f()\n  .g()\n"),
    ("let y = x +\n1", "let y = x +\n  1\n"),
    ("print -x\nshow [1]\nf(-x)", "print -x\nshow [1]\nf(-x)\n"),
    ("a - -b\na -b\nx ^ -2\nnot -a", "a - -b\na - b\nx ^ -2\nnot -a\n"),
    ("!a & ! b", "!a & !b\n"),
    ("f( ..m )\nf(x){ y }", "f(..m)\nf(x) { y }\n"),
    ("try{a}catch e{b}", "try { a } catch e { b }\n"),
    ("#!/usr/bin/env limn\n\n\nlet a=1", "#!/usr/bin/env limn\n\nlet a = 1\n"),
    ("let s = \"\"\"\n   a\n     b\n   \"\"\"\nlet t= \"{ a+b }\"", "let s = \"\"\"\n   a\n     b\n   \"\"\"\nlet t = \"{ a+b }\"\n"),
    ("/// Adds.\nfunc f(a) {\na\n\n\n// b\na\n}", "/// Adds.\nfunc f(a) {\n  a\n\n  // b\n  a\n}\n"),
    ("xs.map( x=>x.y ).in( 3 )", "xs.map(x => x.y).in(3)\n"),
    ("let x = if a{1}else if b{2}else{3}", "let x = if a { 1 } else if b { 2 } else { 3 }\n"),
    ("let f = g(1,\n          2) {\n  3\n}", "let f = g(1,\n          2) {\n  3\n}\n"),
    ("f(x => {\na\n})", "f(x => {\n  a\n})\n"),
    ("", ""),
    ("\n\n", ""),
    ("// only\n", "// only\n"),
  ]

  @Test(arguments: cases.indices)
  func laysOut(_ index: Int) throws {
    let (text, expected) = Self.cases[index]
    let program = parse(SourceText(text, name: "test.limn"))
    #expect(!program.hasErrors, "case \(index)")
    if !program.hasErrors {
      #expect(try format(text) == expected)
      #expect(tree(expected) == tree(text))
      #expect(try format(expected) == expected)
    }
  }

  @Test func aTextWithErrorsIsRefused() {
    #expect(throws: FormatRefusal.self) { try format("let x = (") }
  }
}
