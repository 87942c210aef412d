import Glibc

// limn-bench JOB [--repeat N]: checks its result, times it warm and prints one JSON line, as the scripts that time other tools do.
let arguments = Array(CommandLine.arguments.dropFirst())
guard let name = arguments.first, let job = Job.all[name] else {
  print("limn-bench \(Job.all.keys.sorted().joined(separator: "|")) [--repeat N]")
  exit(2)
}
let repeats = arguments.firstIndex(of: "--repeat").flatMap { arguments.indices.contains($0 + 1) ? Int(arguments[$0 + 1]) : nil } ?? 5
do { print(try Timing(name, repeats: repeats, job).line) } catch {
  print("limn-bench \(name): \(error)")
  exit(1)
}
