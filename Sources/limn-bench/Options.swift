import Glibc

/// The words of the command line.
struct Options: Sendable {
  static let groups = ["tensor", "model", "learn", "language"]

  var group = ""
  /// The job asked for by `group/name` or `--only`; nil is all of the group.
  var only: String?
  /// A model's name or folder.
  var model = "sticker"
  var repeats = 5
  var threads: Int?
  var precision = "auto"
  /// In pixels; nil is the size the model was trained at.
  var size: Int?
  var steps = 25
  /// Where the lines are written too.
  var json: String?
  /// Whether a run is timed by itself in a process of its own (how all jobs are, when there are several).
  var isAlone = false

  static let usage = """
    limn-bench tensor|model|learn|language [MODEL] [--only NAME] [--repeat N] [--threads N] [--precision auto|f32|bf16]
               [--size PIXELS] [--steps N] [--json FILE]

    Checks each result, then times it warm; each job in a process of its own. One JSON line a job, a table on standard error.
    MODEL is the bundled one when left out, or a folder. limn-bench GROUP --list names the jobs; GROUP/NAME is one of them.
    """

  init(_ words: [String]) throws {
    var words = words[...]
    var rest: [String] = []
    func value(_ option: String) throws -> String {
      guard let value = words.popFirst() else { throw BenchError("'\(option)' takes a value") }
      return value
    }
    func count(_ option: String) throws -> Int {
      let text = try value(option)
      guard let count = Int(text), count > 0 else { throw BenchError("'\(option)' takes a number from 1 up, found '\(text)'") }
      return count
    }
    while let word = words.popFirst() {
      switch word {
      case "--only": only = try value(word)
      case "--repeat": repeats = try count(word)
      case "--threads": threads = try count(word)
      case "--precision":
        precision = try value(word)
        guard ["auto", "f32", "bf16"].contains(precision) else { throw BenchError("'--precision' takes auto, f32 or bf16, found '\(precision)'") }
      case "--size": size = try count(word)
      case "--steps": steps = try count(word)
      case "--json": json = try value(word)
      case "--list": only = ""
      case "--alone": isAlone = true
      case _ where word.hasPrefix("-"): throw BenchError("there is no option '\(word)'")
      default: rest.append(word)
      }
    }
    guard let first = rest.first else { throw BenchError("a group is missing") }
    let parts = first.split(separator: "/", maxSplits: 1).map(String.init)
    group = parts[0]
    if parts.count > 1 { only = parts[1] }
    guard Self.groups.contains(group) || group == "golden" else { throw BenchError("there is no group '\(group)'") }
    if rest.count > 1 { model = rest[1] }
    if rest.count > 2 { throw BenchError("found '\(rest[2])' after the model") }
  }

  /// The words for one job of these in a process of its own.
  func alone(_ job: Job) -> [String] {
    var words = [job.name, model, "--alone", "--repeat", "\(repeats)", "--precision", precision, "--steps", "\(steps)"]
    if let threads { words += ["--threads", "\(threads)"] }
    if let size { words += ["--size", "\(size)"] }
    return words
  }
}
