import Glibc

/// Another program, run to its end.
struct ChildProcess {
  let code: Int32
  /// What it wrote to standard output; empty unless it was kept.
  let output: String
  /// The most memory it held, in bytes.
  let peak: Int
  /// From its start to its end.
  let seconds: Double

  /// The file of the program that runs.
  static func ownProgram() throws -> String {
    var path = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &path, path.count - 1)
    guard length > 0 else { throw BenchError("/proc/self/exe cannot be read") }
    return String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// - Parameter words: The program's path and its arguments. Standard error stays ours.
  /// - Throws: ``BenchError`` when it cannot be started.
  init(_ words: [String], keepsOutput: Bool = false) throws {
    var ends: [Int32] = [-1, -1]
    if keepsOutput, pipe(&ends) != 0 { throw BenchError("no pipe: \(String(cString: strerror(errno)))") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if keepsOutput {
      posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
      posix_spawn_file_actions_addclose(&actions, ends[0])
    } else {
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    }
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    let start = Timing.clock(CLOCK_MONOTONIC)
    var process: pid_t = 0
    let failure = posix_spawn(&process, words[0], &actions, nil, &arguments, environ)
    if keepsOutput { close(ends[1]) }
    guard failure == 0 else {
      if keepsOutput { close(ends[0]) }
      throw BenchError("'\(words[0])' cannot be started: \(String(cString: strerror(failure)))")
    }
    var bytes: [UInt8] = []
    if keepsOutput {
      var buffer = [UInt8](repeating: 0, count: 1 << 14)
      while true {
        let count = read(ends[0], &buffer, buffer.count)
        if count > 0 { bytes += buffer[..<count] } else if count == 0 || errno != EINTR { break }
      }
      close(ends[0])
    }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) < 0 && errno == EINTR {}
    seconds = Timing.clock(CLOCK_MONOTONIC) - start
    code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    output = String(decoding: bytes, as: UTF8.self)
    peak = Int(usage.ru_maxrss) * 1024
  }
}
