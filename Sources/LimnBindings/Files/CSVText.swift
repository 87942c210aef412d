import LimnRuntime

/// Tables as text: rows of cells parted by commas (RFC 4180), with numbers read as numbers.
enum CSVText {
  static let natives: [Native] = [
    Native("parse_csv(text: string, header: bool = true, separator: string = \",\")", doc: "The rows of a CSV text: maps by the names in its first line, or lists with `header: false`. Unquoted numbers, true and false are values, an empty cell is nil.") { call in
      try rows(Array(try call.string(0).utf8), name: nil, header: try call.bool("header"), separator: try separator(call, "separator"), call)
    },
    Native("csv_text(rows: any, separator: string = \",\")", doc: "A list of maps (the keys become the header), a list of lists, or a map of columns, as CSV.") { call in
      call.make(try text(call[0], separator: try separator(call, "separator"), call))
    },
  ]

  /// The one character between cells.
  static func separator(_ call: NativeCall, _ key: ParameterKey) throws -> UInt8 {
    guard call.has(key) else { return UInt8(ascii: ",") }
    let text = Array(try call.string(key).utf8)
    guard text.count == 1, text[0] < 0x80, ![0x22, 0x0A, 0x0D].contains(text[0]) else {
      throw call.fault(.value, "'separator' is \(call.brief(call[key])), expected one character such as \",\", \";\" or \"\\t\"", at: key)
    }
    return text[0]
  }

  // MARK: reading

  /// The rows of a table: maps by the names of the first row, or lists.
  ///
  /// - Parameter name: The file's name for errors; nil for a text.
  static func rows(_ bytes: [UInt8], name: String?, header: Bool, separator: UInt8, _ call: NativeCall) throws -> Value {
    func failure(_ line: Int, _ problem: String) -> Fault {
      call.fault(name == nil ? .value : .io, (name.map { "'\($0)' " } ?? "the text ") + "line \(line): \(problem)", at: 0)
    }
    var reader = Reader(bytes: bytes, separator: separator)
    var names: [Value] = []
    var width: Int?
    var rows: [Value] = []
    while let row = try reader.row(failure) {
      if rows.count % 4096 == 0 { try call.checkInterrupt() }
      if header, width == nil {
        names = row.cells.map { call.make(outside: $0.text) }
        var seen: Set<String> = []
        if let twice = row.cells.first(where: { !seen.insert($0.text).inserted }) { throw failure(row.line, "the column \"\(twice.text)\" stands there twice") }
      } else if let width, width != row.cells.count {
        throw failure(row.line, "\(row.cells.count) \(row.cells.count == 1 ? "cell" : "cells"), expected \(width) as in the first line")
      } else {
        let cells = row.cells.map { $0.isQuoted ? call.make(outside: $0.text) : value($0.text, call) }
        rows.append(header ? try call.make(entries: zip(names, cells).map { ($0, $1) }) : call.make(cells))
      }
      width = row.cells.count
    }
    return call.make(rows)
  }

  /// What an unquoted cell stands for. Numbers that begin with a needless 0 or + (a post code, a telephone) stay text.
  private static func value(_ text: String, _ call: NativeCall) -> Value {
    switch text {
    case "": return .nil
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "nan": return .float(.nan)
    case "inf": return .float(.infinity)
    case "-inf": return .float(-.infinity)
    default: break
    }
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    guard let first = digits.first, (0x30...0x39).contains(first) || first == UInt8(ascii: "."),
      digits.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x65 || $0 == 0x45 || $0 == 0x2D || $0 == 0x2B }),
      !(first == 0x30 && digits.count > 1 && (0x30...0x39).contains(digits.dropFirst().first!))
    else { return call.make(outside: text) }
    if let int = Int(text) { return .int(int) }
    return Double(text).flatMap { $0.isFinite ? .float($0) : nil } ?? call.make(outside: text)
  }

  private struct Cell {
    let text: String
    let isQuoted: Bool
  }

  private struct Reader {
    let bytes: [UInt8]
    let separator: UInt8
    var index: Int
    var line = 1

    init(bytes: [UInt8], separator: UInt8) {
      (self.bytes, self.separator) = (bytes, separator)
      index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0  // spreadsheets put a byte order mark first
    }

    /// The next row that is not blank; nil at the end.
    mutating func row(_ failure: (Int, String) -> Fault) throws -> (line: Int, cells: [Cell])? {
      while index < bytes.count, takeLineEnd() {}
      guard index < bytes.count else { return nil }
      let start = line
      var cells = [try cell(failure)]
      while index < bytes.count, bytes[index] == separator {
        index += 1
        cells.append(try cell(failure))
      }
      _ = takeLineEnd()
      return (start, cells)
    }

    private mutating func cell(_ failure: (Int, String) -> Fault) throws -> Cell {
      guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
        let start = index
        while index < bytes.count, bytes[index] != separator, bytes[index] != 0x0A, bytes[index] != 0x0D { index += 1 }
        return Cell(text: String(decoding: bytes[start..<index], as: UTF8.self), isQuoted: false)
      }
      let opened = line
      var text: [UInt8] = []
      index += 1
      while index < bytes.count {
        if bytes[index] == UInt8(ascii: "\"") {
          index += 1
          guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
            guard index == bytes.count || bytes[index] == separator || bytes[index] == 0x0A || bytes[index] == 0x0D else {
              throw failure(line, "text follows a closing quote; inside quotes a quote is written twice")
            }
            return Cell(text: String(decoding: text, as: UTF8.self), isQuoted: true)
          }
        }
        if bytes[index] == 0x0A { line += 1 }
        text.append(bytes[index])
        index += 1
      }
      throw failure(opened, "a quote that does not close")
    }

    private mutating func takeLineEnd() -> Bool {
      guard index < bytes.count, bytes[index] == 0x0A || bytes[index] == 0x0D else { return false }
      if bytes[index] == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A { index += 1 }
      index += 1
      line += 1
      return true
    }
  }

  // MARK: writing

  static func text(_ table: Value, separator: UInt8, _ call: NativeCall) throws -> String {
    let mark = String(Unicode.Scalar(separator))
    var lines: [[String]] = []
    if let columns = table.map {
      let lists = try columns.map { column in
        guard let items = column.value.list else {
          throw call.fault(.type, "a map of columns holds lists, found \(call.brief(column.value)) under \(call.brief(column.key))", at: 0)
        }
        return items
      }
      if let other = lists.firstIndex(where: { $0.count != lists[0].count }) {
        let (a, b) = (call.brief(columns[0].key), call.brief(columns[other].key))
        throw call.fault(.value, "the column \(a) has \(lists[0].count) rows but \(b) has \(lists[other].count)", at: 0)
      }
      lines.append(columns.map { quoted(call.text($0.key), mark, isText: true) })
      for row in 0..<(lists.first?.count ?? 0) { lines.append(try lists.map { try cell($0[row], mark, call) }) }
    } else if let rows = table.list {
      lines = try linesOf(rows, mark, call)
    } else {
      throw call.mismatch(0, "a list of maps, a list of lists or a map of columns")
    }
    return lines.map { $0.joined(separator: mark) + "\n" }.joined()
  }

  private static func linesOf(_ rows: [Value], _ mark: String, _ call: NativeCall) throws -> [[String]] {
    guard rows.contains(where: { $0.map != nil }) else {
      return try rows.map { row in
        guard let cells = row.list else { throw call.fault(.type, "a row is a map or a list, found \(call.brief(row))", at: 0) }
        return try cells.map { try cell($0, mark, call) }
      }
    }
    // Every key of every row, as they first occur.
    var seen: [Value] = []
    var known: Set<String> = []
    for row in rows {
      guard let entries = row.map else { throw call.fault(.type, "all rows must be maps, found \(call.brief(row))", at: 0) }
      for entry in entries where known.insert(call.text(entry.key)).inserted { seen.append(entry.key) }
    }
    var lines = [seen.map { quoted(call.text($0), mark, isText: true) }]
    for row in rows {
      var cells: [String: Value] = [:]
      // Keys that differ may read alike: 1 and "1".
      for entry in row.map! where cells.updateValue(entry.value, forKey: call.text(entry.key)) != nil {
        throw call.fault(.value, "two keys of one row are both written \(call.text(entry.key))", at: 0)
      }
      lines.append(try seen.map { try cell(cells[call.text($0)] ?? .nil, mark, call) })
    }
    return lines
  }

  private static func cell(_ value: Value, _ mark: String, _ call: NativeCall) throws -> String {
    if value.isNil { return "" }
    guard value.string != nil || value.number != nil || value.bool != nil else {
      throw call.fault(.type, "a cell holds a number, a text, a bool or nil, found \(call.brief(value))", at: 0)
    }
    return quoted(call.text(value), mark, isText: value.string != nil)
  }

  /// A cell as it is written: in quotes when it would else be read back as something different.
  private static func quoted(_ text: String, _ mark: String, isText: Bool) -> String {
    let isPlain = !text.utf8.contains { $0 == 0x22 || $0 == 0x0A || $0 == 0x0D || $0 == mark.utf8.first! }
    let looksLikeText = !isText || (!text.isEmpty && !["true", "false", "nan", "inf", "-inf"].contains(text) && Double(text) == nil)
    return isPlain && looksLikeText ? text : "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
