import Glibc
import LimnRuntime
import LimnTensor

/// Processes that each work out some items of a list and send back what came of them.
///
/// Item i belongs to process i mod n. A process is a fork: it sees everything as it was, and nothing of what it does comes back but the
/// frames it writes. It ends with its parent.
struct Workers {
  /// What one item came to.
  enum Outcome {
    /// A value's bytes, and the text it printed and warned of meanwhile.
    case value([UInt8], said: [Said])
    /// It failed, or its value cannot be sent: it is to be worked out here, where the error has its place.
    case failed
  }

  /// Something said by `print` or a warning.
  struct Said {
    let isWarning: Bool
    let text: String
  }

  private var children: [(process: pid_t, pipe: Int32)] = []

  /// Starts the processes; in each, `body` is called for its items in order and the process ends.
  ///
  /// - Throws: A limit fault when the system gives no more processes.
  init(_ count: Int, items: Int, _ body: (Int) -> Outcome) throws {
    for number in 0..<count {
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { throw failed("pipe") }
      let process = ThreadPool.fork()
      guard process >= 0 else {
        close(ends[0])
        close(ends[1])
        throw failed("process")
      }
      if process == 0 {
        close(ends[0])
        signal(SIGPIPE, SIG_DFL)
        ThreadPool.threads = max(1, ThreadPool.threads / count)
        for item in stride(from: number, to: items, by: count) where !Self.send(item, body(item), to: ends[1]) { break }
        _exit(0)
      }
      close(ends[1])
      children.append((process, ends[0]))
    }
  }

  private func failed(_ what: String) -> Fault {
    let reason = String(cString: strerror(errno)).lowercased()
    stop()
    return Fault(.limit, "parallel_map: the system gives no further \(what): \(reason)")
  }

  /// Ends all processes at once.
  private func stop() {
    for child in children {
      kill(child.process, SIGKILL)
      close(child.pipe)
      _ = waitpid(child.process, nil, 0)
    }
  }

  /// What each item came to, in order.
  ///
  /// - Parameter check: Called many times a second; what it throws ends the processes.
  func outcomes(of items: Int, _ check: () throws -> Void, _ progress: (Int) -> Void) throws -> [Outcome] {
    var outcomes: [Outcome?] = Array(repeating: nil, count: items)
    var buffers = children.map { _ in [UInt8]() }
    var open = Set(children.indices)
    do {
      while !open.isEmpty {
        try check()
        let waiting = open.sorted()
        var polled = waiting.map { pollfd(fd: children[$0].pipe, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), 50) > 0 else { continue }
        for (place, child) in zip(polled, waiting) where place.revents != 0 {
          guard Self.receive(from: children[child].pipe, into: &buffers[child]) else {
            open.remove(child)
            continue
          }
          while let (item, outcome) = Self.frame(&buffers[child]) { outcomes[item] = outcome }
          progress(outcomes.count { $0 != nil })
        }
      }
    } catch {
      stop()
      throw error
    }
    var ended: Int32?
    for child in children {
      close(child.pipe)
      var status: Int32 = 0
      if waitpid(child.process, &status, 0) == child.process, status != 0 { ended = status }
    }
    guard outcomes.allSatisfy({ $0 != nil }) else {
      let signal = (ended ?? 0) & 0x7F
      throw Fault(.limit, "a process of parallel_map ended \(signal == 0 ? "early" : "by signal \(signal)\(signal == SIGKILL ? ", perhaps for want of memory" : "")")")
    }
    return outcomes.map { $0! }
  }

  // MARK: - Frames: item, kind, count of bytes of what was said, count of bytes of the value; then both.

  private static let headerSize = 4 * 8

  private static func send(_ item: Int, _ outcome: Outcome, to pipe: Int32) -> Bool {
    var said: [UInt8] = [], value: [UInt8] = [], kind = 0
    if case .value(let bytes, let lines) = outcome {
      (value, kind) = (bytes, 1)
      for line in lines {
        said.append(line.isWarning ? 1 : 0)
        withUnsafeBytes(of: line.text.utf8.count) { said += $0 }
        said += line.text.utf8
      }
    }
    var frame: [UInt8] = []
    for number in [item, kind, said.count, value.count] { withUnsafeBytes(of: number) { frame += $0 } }
    frame += said + value
    var sent = 0
    while sent < frame.count {
      let count = frame.withUnsafeBytes { write(pipe, $0.baseAddress! + sent, frame.count - sent) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Appends what is there; false at the end.
  private static func receive(from pipe: Int32, into buffer: inout [UInt8]) -> Bool {
    var part = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(pipe, &part, part.count)
    if count < 0, errno == EINTR { return true }
    guard count > 0 else { return false }
    buffer += part[..<count]
    return true
  }

  /// Takes one whole frame off a buffer; nil when there is none.
  private static func frame(_ buffer: inout [UInt8]) -> (Int, Outcome)? {
    guard buffer.count >= headerSize else { return nil }
    let header = buffer.withUnsafeBytes { raw in (0..<4).map { raw.loadUnaligned(fromByteOffset: 8 * $0, as: Int.self) } }
    let end = headerSize + header[2] + header[3]
    guard buffer.count >= end else { return nil }
    defer { buffer.removeFirst(end) }
    guard header[1] == 1 else { return (header[0], .failed) }
    var said: [Said] = [], index = headerSize
    while index < headerSize + header[2] {
      let count = buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index + 1, as: Int.self) }
      let text = String(decoding: buffer[(index + 9)..<(index + 9 + count)], as: UTF8.self)
      said.append(Said(isWarning: buffer[index] == 1, text: text))
      index += 9 + count
    }
    return (header[0], .value(Array(buffer[index..<end]), said: said))
  }
}
