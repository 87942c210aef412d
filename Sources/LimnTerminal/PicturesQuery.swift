import Glibc

extension PictureTerminal {
  /// Asks the terminal what it can do: whether it takes kitty's pictures, whether it has sixel, how large a character is.
  ///
  /// Waits at most `milliseconds`; a terminal that says nothing leaves the choice as it is. Does nothing when characters
  /// are waiting to be read (they are the user's) or this process is not in the foreground. Only where
  /// ``isWorthAsking(environment:)``.
  ///
  /// - Parameter file: The terminal, open for reading and writing.
  package func asked(on file: Int32, milliseconds: Int = 250) -> PictureTerminal {
    guard method == .blocks, isatty(file) == 1 else { return self }
    // In the background, setting the terminal would stop the process. A terminal without a session has no foreground.
    let foreground = tcgetpgrp(file)
    guard foreground < 0 || foreground == getpgrp(), !TerminalReply.isReadable(file, milliseconds: 0) else { return self }
    var saved = termios()
    guard tcgetattr(file, &saved) == 0 else { return self }
    var raw = saved
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard tcsetattr(file, TCSANOW, &raw) == 0 else { return self }
    defer { tcsetattr(file, TCSANOW, &saved) }

    // A one-pixel picture only to be checked, then the size of a character, then the attributes, which every terminal
    // answers: they come last, so nothing more has to be waited for.
    let question = Array("\u{1B}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\\u{1B}[16t\u{1B}[c".utf8)
    guard write(file, question, question.count) == question.count else { return self }
    var reply = TerminalReply()
    let end = TerminalReply.now + milliseconds
    while !reply.isComplete, reply.bytes.count < 4096, TerminalReply.isReadable(file, milliseconds: end - TerminalReply.now) {
      var part = [UInt8](repeating: 0, count: 256)
      let count = read(file, &part, part.count)
      guard count > 0 else { break }
      reply.bytes += part[..<count]
    }
    return told(reply)
  }

  /// What the answers make of the choice.
  func told(_ reply: TerminalReply) -> PictureTerminal {
    var terminal = self
    if let cell = reply.cell { (terminal.cellWidth, terminal.cellHeight) = cell }
    if reply.takesKitty {
      terminal.method = .kitty
    } else if reply.hasSixel {
      terminal.method = .sixel
    }
    return terminal
  }
}

/// What a terminal answered.
package struct TerminalReply {
  package var bytes: [UInt8] = []

  package init(bytes: [UInt8] = []) { self.bytes = bytes }

  private var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether it showed no objection to a picture: `ESC _ G i=31 ; OK ESC \`
  package var takesKitty: Bool { text.contains("\u{1B}_Gi=31;OK") }

  /// `ESC [ ? 62 ; 4 ; … c`: the numbers of what the terminal has; 4 is sixel.
  private var attributes: [Substring]? {
    sequences(opening: "[?", closing: "c").first
  }

  /// Whether sixel is among its attributes.
  package var hasSixel: Bool { attributes?.contains("4") ?? false }

  /// Whether the last answer has come.
  package var isComplete: Bool { attributes != nil }

  /// `ESC [ 6 ; height ; width t`: a character in pixels.
  var cell: (width: Int, height: Int)? {
    for fields in sequences(opening: "[", closing: "t") where fields.count == 3 && fields[0] == "6" {
      if let height = Int(fields[1]), let width = Int(fields[2]), (2...256).contains(width), (4...512).contains(height) { return (width, height) }
    }
    return nil
  }

  /// The fields of each `ESC opening 1;2;… closing`.
  private func sequences(opening: String, closing: Character) -> [[Substring]] {
    text.split(separator: "\u{1B}").compactMap { part in
      guard part.hasPrefix(opening) else { return nil }
      let body = part.dropFirst(opening.count).prefix { $0.isASCII && ($0.isNumber || $0 == ";") }
      guard part.dropFirst(opening.count + body.count).first == closing else { return nil }
      return body.split(separator: ";", omittingEmptySubsequences: false)
    }
  }

  /// Whether a byte can be read, or can within some time.
  package static func isReadable(_ file: Int32, milliseconds: Int) -> Bool {
    var request = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, Int32(max(milliseconds, 0))) > 0 && request.revents & Int16(POLLIN) != 0
  }

  /// A clock in milliseconds that is never set back.
  static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
