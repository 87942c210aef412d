import Glibc
import LimnRuntime

/// The programs of `scripts/bench/language`, each with what its `run()` must give. `scripts/bench-language` times them beside
/// the same programs for CPython and Lua.
extension Job {
  static let language = ["fib", "loop", "closures", "strings", "lists", "maps", "methods"].map { language($0) }

  private static let languageResults = [
    "fib": 832_040, "loop": 66_666_650_000_000, "closures": 125_001_250_000, "strings": 12_888_891, "lists": 1_150_015,
    "maps": 499_508_203, "methods": 139_950_000,
  ]

  /// One program, compiled before it is timed. Its file is looked for below the working folder.
  private static func language(_ name: String) -> Job {
    Job(name: "language/\(name)") { _ in
      let interpreter = Interpreter()
      let path = "scripts/bench/language/\(name).limn"
      guard let text = read(path) else { throw BenchError("\(path) cannot be read: run it from the repository's folder") }
      try interpreter.evaluate(text, name: "\(name).limn")
      guard let run = interpreter.value(of: "run") else { throw BenchError("\(path) has no function 'run'") }
      let once = {
        let result = try interpreter.call(run.value).value.int
        guard result == languageResults[name] else { throw BenchError("\(path) gives \(result.map(String.init) ?? "no int")") }
      }
      return Prepared(check: once, run: once)
    }
  }

  private static func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }
}
