/// kitty's graphics protocol: https://sw.kovidgoyal.net/kitty/graphics-protocol/
package enum Kitty {
  /// The most base64 characters a sequence may hold.
  static let chunkSize = 4096

  /// Sends a PNG file and shows it at the cursor in its own size. The terminal is asked not to answer (q=2).
  package static func text(png: [UInt8]) -> String {
    sequences(png: png, keys: "a=T,f=100,q=2").joined()
  }

  /// Sends a PNG file through tmux and shows it by placeholder characters, which tmux moves about like text: each row
  /// begins with its number as a combining mark, the characters after it count on by themselves.
  static func placeholders(png: [UInt8], columns: Int, rows: Int) -> String {
    let rows = min(rows, rowMarks.count)
    let id = identifier(png)
    var text = sequences(png: png, keys: "a=T,U=1,f=100,q=2,i=\(id),c=\(columns),r=\(rows)").map(Tmux.passedThrough).joined()
    for row in 0..<rows {
      text += "\u{1B}[38;2;\(id >> 16);\(id >> 8 & 255);\(id & 255)m"
      text.unicodeScalars.append(placeholder)
      text.unicodeScalars.append(rowMarks[row])
      text.unicodeScalars.append(rowMarks[0])
      for _ in 1..<max(columns, 1) { text.unicodeScalars.append(placeholder) }
      text += "\u{1B}[39m\n"
    }
    return text
  }

  /// One sequence a chunk; only the first has the keys, m=1 says that more follow.
  private static func sequences(png: [UInt8], keys: String) -> [String] {
    let data = Base64.encoded(png)
    return stride(from: 0, to: data.count, by: chunkSize).map { start in
      let end = min(start + chunkSize, data.count)
      let more = end < data.count ? "m=1" : "m=0"
      return "\u{1B}_G" + (start == 0 ? "\(keys),\(more)" : "q=2,\(more)") + ";" + String(decoding: data[start..<end], as: UTF8.self) + "\u{1B}\\"
    }
  }

  /// A picture's number, which placeholders carry as their colour: 24 bits of its FNV-1a hash, so that equal pictures
  /// share one and no count has to be kept.
  static func identifier(_ png: [UInt8]) -> Int {
    let hash = png.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    return max(Int(hash >> 8), 1)
  }

  private static let placeholder: Unicode.Scalar = "\u{10EEEE}"

  /// The marks for 0, 1, 2, …: the first 64 of kitty's rowcolumn-diacritics.txt (combining class 230, Unicode 6.0).
  private static let rowMarks: [Unicode.Scalar] = [
    0x0305, 0x030D, 0x030E, 0x0310, 0x0312, 0x033D, 0x033E, 0x033F, 0x0346, 0x034A, 0x034B, 0x034C, 0x0350, 0x0351, 0x0352, 0x0357,
    0x035B, 0x0363, 0x0364, 0x0365, 0x0366, 0x0367, 0x0368, 0x0369, 0x036A, 0x036B, 0x036C, 0x036D, 0x036E, 0x036F, 0x0483, 0x0484,
    0x0485, 0x0486, 0x0487, 0x0592, 0x0593, 0x0594, 0x0595, 0x0597, 0x0598, 0x0599, 0x059C, 0x059D, 0x059E, 0x059F, 0x05A0, 0x05A1,
    0x05A8, 0x05A9, 0x05AB, 0x05AC, 0x05AF, 0x05C4, 0x0610, 0x0611, 0x0612, 0x0613, 0x0614, 0x0615, 0x0616, 0x0617, 0x0657, 0x0658,
  ].map { Unicode.Scalar(UInt16($0))! }
}

/// iTerm2's inline files: https://iterm2.com/documentation-images.html
enum ITerm {
  static func text(png: [UInt8], columns: Int) -> String {
    "\u{1B}]1337;File=inline=1;size=\(png.count);width=\(columns);preserveAspectRatio=1:"
      + String(decoding: Base64.encoded(png), as: UTF8.self) + "\u{07}"
  }
}
