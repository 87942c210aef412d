import Glibc

// limn-bench JOB [--repeat N]: checks its result, times it warm and prints one JSON line, as the scripts that time other tools do.
// `language` is all programs of scripts/bench/language, one line each; `language/fib` is one.
let arguments = Array(CommandLine.arguments.dropFirst())
let jobs: [(name: String, job: Job)]? = arguments.first.flatMap { name in
  if name == "language" { return Job.languageNames.map { ("language/\($0)", .language($0)) } }
  if let program = Job.languageNames.first(where: { "language/\($0)" == name }) { return [(name, .language(program))] }
  return Job.all[name].map { [(name, $0)] }
}
guard let jobs else {
  print("limn-bench \((Job.all.keys + ["language"]).sorted().joined(separator: "|")) [--repeat N]")
  exit(2)
}
let repeats = arguments.firstIndex(of: "--repeat").flatMap { arguments.indices.contains($0 + 1) ? Int(arguments[$0 + 1]) : nil } ?? 5
for (name, job) in jobs {
  do { print(try Timing(name, repeats: repeats, job).line) } catch {
    print("limn-bench \(name): \(error)")
    exit(1)
  }
}
