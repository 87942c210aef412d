import Glibc
import Limn
import LimnTerminal

extension Command {
  static let gates = Command(
    name: "gates", takes: "[MODEL] [--set NAME=VALUE …]", summary: "judges a model of the sticker world: how often its pictures show what was asked",
    details: """
      Draws pictures of random descriptions and lets the bundled detector look, beside real scenes of the same descriptions. MODEL is
      "sticker" if it is left out. `limn gates --help-settings` prints what can be set; a quick look: --set prompts=40 --set seeds=1

      \(sessionOptions)
      """,
    options: SessionSetup.options.merging(["--help-settings": .flag]) { a, _ in a }
  ) { arguments throws(UsageError) in
    var setup = try SessionSetup(arguments)
    guard arguments.rest.count <= 1 else { throw UsageError(description: "gates takes one model, found \(arguments.rest.count)") }
    if let model = arguments.rest.first { setup.set("model", to: model) }
    // It is in the library, which is in the binary.
    guard let (text, name) = try? Library.program("sticker_gates") else { throw UsageError(description: "the library has no module 'sticker_gates'") }
    let program = Program(text: text, name: name, folder: nil)
    return arguments.has("--help-settings") ? program.help(setup) : program.run(setup, showsLast: false)
  }
}
