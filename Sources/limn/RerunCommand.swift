import Glibc
import Limn
import LimnTerminal

extension Command {
  static let rerun = Command(
    name: "rerun", takes: "PICTURE", summary: "makes a picture again from the script inside it",
    details: """
      Shows the script, checks the files it read against the hashes in the picture, and runs it in an empty folder: what
      it saves stays apart from your files. The new picture is put beside the old one as NAME-rerun.png and compared.

        --show           only prints the script
        --folder FOLDER  where the files it reads are looked for (this folder)
      """,
    options: ["--show": .flag, "--folder": .value, "--max-memory": .value, "--max-steps": .value, "--timeout": .value]
  ) { arguments throws(UsageError) in
    let path = try arguments.only("picture")
    let recipe: PictureRecipe
    do { recipe = try PictureRecipe(path: path) } catch {
      let problem = error as? LimnProblem
      StandardStreams.error("error: \(problem?.message ?? "\(error)")\n" + (problem?.help.map { "help: \($0)\n" } ?? ""))
      return ExitCode.failed
    }
    if arguments.has("--show") {
      StandardStreams.out(recipe.source)
      return ExitCode.done
    }
    return try Rerun(recipe, of: path, arguments).run()
  }
}

/// One picture on its way to being made again.
@MainActor
private struct Rerun {
  let recipe: PictureRecipe
  let path: String
  let inputs: String
  let setup: SessionSetup
  let start: String

  init(_ recipe: PictureRecipe, of path: String, _ arguments: Arguments) throws(UsageError) {
    (self.recipe, self.path) = (recipe, path)
    start = Self.absolute(".")
    inputs = Self.absolute(arguments.value("--folder") ?? ".")
    setup = try SessionSetup(arguments).with(seed: recipe.seed).confined
  }

  func run() throws(UsageError) -> Int32 {
    StandardStreams.error(recipe.source + "\n")
    for (input, found) in recipe.changedInputs(folder: inputs) {
      StandardStreams.error("warning: '\(input.path)' \(found == nil ? "is not in '\(inputs)'" : "is not the file it was: its SHA-256 differs")\n")
    }
    let original = Self.absolute(path)
    let target = original.replacingEnding(".png", "-rerun.png")
    let work = try Files.temporaryFolder()
    guard chdir(work) == 0 else { throw UsageError(description: "cannot go to '\(work)': \(Files.reason)") }
    var isKept = false
    defer { if !isKept { Files.remove(work) } }
    let delegate = TerminalDelegate()
    let session = setup.session(folder: inputs, delegate)
    Interrupts.listen(session)
    var outcome = session.evaluate(recipe.source, name: "recipe")
    if case .value = outcome { outcome = session.callMain(recipe.settings) }
    _ = chdir(start)
    if let code = Program.exitCode(of: outcome) { return code }
    guard let made = newest(in: work, like: Files.name(of: original)) else {
      isKept = true
      StandardStreams.error("error: the script ran, but saved no picture; its folder is '\(work)'\n")
      return ExitCode.failed
    }
    guard Self.move(made, target) else {
      isKept = true
      throw UsageError(description: "cannot write '\(target)': \(Files.reason); the new picture is '\(made)'")
    }
    isKept = rmdir(work) != 0  // it stays when the script saved more
    guard let again = try? PictureRecipe(path: target).picture else {
      StandardStreams.out("\(target)\n")
      return ExitCode.done
    }
    if let difference = recipe.picture.difference(to: again) {
      StandardStreams.out("\(target): \(difference)\n")
      return ExitCode.failed
    }
    StandardStreams.out("\(target): the same picture, pixel for pixel\n")
    return ExitCode.done
  }

  /// The picture of the same name that the script saved, else the only one.
  private func newest(in folder: String, like name: String) -> String? {
    if access("\(folder)/\(name)", R_OK) == 0 { return "\(folder)/\(name)" }
    let saved = Files.names(in: folder).filter { $0.hasSuffix(".png") }
    return saved.count == 1 ? "\(folder)/\(saved[0])" : nil
  }

  private static func absolute(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Moves a file, over file systems too.
  private static func move(_ from: String, _ to: String) -> Bool {
    if rename(from, to) == 0 { return true }
    guard errno == EXDEV, let bytes = Files.bytes(from), Files.write(bytes: bytes, to: to) else { return false }
    unlink(from)
    return true
  }
}

extension String {
  fileprivate func replacingEnding(_ ending: String, _ other: String) -> String {
    hasSuffix(ending) ? dropLast(ending.count) + other : self + other
  }
}
