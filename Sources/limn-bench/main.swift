import Glibc

// limn-bench GROUP [MODEL] …: see Options.usage.
func stop(_ message: String, code: Int32) -> Never {
  report("limn-bench: \(message)\n")
  exit(code)
}

let options: Options
do { options = try Options(Array(CommandLine.arguments.dropFirst())) } catch { stop("\(error)\n\n\(Options.usage)", code: 2) }
// Read by the pool when it starts.
if let threads = options.threads { setenv("LIMN_THREADS", "\(threads)", 1) }

let jobs: [Job] =
  switch options.group {
  case "tensor": Job.tensor
  case "model": Job.model
  case "learn": Job.learn
  default: Job.language
  }
if options.only == "" {
  for job in jobs { print(job.name) }
  exit(0)
}
let chosen = options.group == "golden" ? [Job.tensor[0]] : jobs.filter { options.only == nil || $0.name == "\(options.group)/\(options.only!)" }
guard !chosen.isEmpty else {
  stop("there is no job '\(options.only ?? "")' in '\(options.group)', expected one of: \(jobs.map(\.name).joined(separator: ", "))", code: 2)
}

if options.group == "golden" {
  do { try Golden.write(options) } catch { stop("\(error)", code: 1) }
  exit(0)
}
do {
  var lines: [String] = []
  if chosen.count == 1 {
    let timing = try Timing(chosen[0], options)
    if !options.isAlone { report(Timing.heading + "\n") }
    report(timing.row + "\n")
    print(timing.line)
    lines.append(timing.line)
  } else {
    // A process each: what one job leaves in memory neither counts for the next one nor speeds it up.
    report(Timing.heading + "\n")
    for job in chosen {
      let child = try ChildProcess(["/proc/self/exe"] + options.alone(job), keepsOutput: true)
      guard child.code == 0 else { throw BenchError("\(job.name) failed") }
      print(child.output, terminator: "")
      fflush(nil)
      lines.append(child.output.split(separator: "\n").joined())
    }
  }
  if let path = options.json {
    guard let file = fopen(path, "w") else { throw BenchError("'\(path)' cannot be written: \(String(cString: strerror(errno)))") }
    for line in lines { fputs(line + "\n", file) }
    fclose(file)
  }
} catch { stop("\(error)", code: 1) }
