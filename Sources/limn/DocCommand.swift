import Limn
import LimnTerminal

extension Command {
  static let doc = Command(
    name: "doc", takes: "[FILE|FOLDER …] [--html] [--out FILE]", summary: "writes a reference from declarations and doc comments",
    details: """
      Without a file: what is built in and the standard library. Every example (an indented block in a `///` comment) is
      run first; one that fails is reported and the exit code is 1.

        --html           one HTML page instead of Markdown
        --out FILE       writes there instead of to standard output
        --no-examples    does not run them
      """,
    options: ["--html": .flag, "--out": .value, "--no-examples": .flag]
  ) { arguments throws(UsageError) in
    var sections: [Reference.Section] = []
    var texts: [String: (text: String, folder: String?)] = [:]
    do {
      if arguments.rest.isEmpty {
        sections = Reference.builtIn.sections + (try Reference.library.sections)
      } else {
        for file in try Files.sources(arguments.rest) {
          let text = try Files.read(file)
          let name = String(Files.name(of: file).dropLast(file.hasSuffix(".limn") ? 5 : 0))
          sections.append(try Reference.Section(source: text, name: name, file: file))
          texts[name] = (text, Files.folder(of: file))
        }
      }
    } catch let error as UsageError { throw error } catch {
      StandardStreams.error("\(error)\n")
      return ExitCode.failed
    }
    let reference = Reference(sections)
    var failures = 0
    if !arguments.has("--no-examples") {
      let scratch = try ScratchFolder()
      for (module, example) in reference.examples {
        let session = SessionSetup.example(folder: texts[module]?.folder, in: scratch)
        // In the library's own examples the module is used, as by its readers; a file's are read inside the file.
        if let text = texts[module]?.text { _ = session.evaluate(text, name: module) }
        for problem in example.problems(in: session) {
          StandardStreams.error(problem + "\n")
          failures += 1
        }
      }
    }
    let text = arguments.has("--html") ? reference.html(title: "Limn") : "# Reference\n\n" + reference.markdown
    if let out = arguments.value("--out") { try Files.write(text, to: out) } else { StandardStreams.out(text) }
    return failures == 0 ? ExitCode.done : ExitCode.failed
  }
}
