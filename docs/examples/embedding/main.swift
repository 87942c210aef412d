// A Swift program that lets scripts draw: its own function and object in the language, values and pictures out of it.
import Limn

/// A few named colours that scripts may read, but not change.
final class Palette: LimnObject {
  static let typeName = "palette"
  private let colors: [(name: String, color: String)]

  init(_ colors: KeyValuePairs<String, String>) { self.colors = colors.map { ($0.key, $0.value) } }

  var text: String { "palette of \(colors.count)" }
  var memberNames: [String] { colors.map(\.name) }
  func member(_ name: String) -> LimnValue { colors.first { $0.name == name }.map { .string($0.color) } ?? .nil }
}

/// Where the script's output goes: this program prints it; another would put it into a window.
final class Gallery: SessionDelegate {
  private(set) var pictures: [Picture] = []

  func session(_ session: Session, printed text: String) { print("script says: \(text)", terminator: "") }
  func session(_ session: Session, shows display: Display) {
    if let picture = display.picture { pictures.append(picture) }
    print("script shows: \(display.text)")
  }
  func session(_ session: Session, warns message: String) { print("warning: \(message)") }
  func session(_ session: Session, progressed what: String, done: Int, of total: Int) {}
}

// Declared like a built-in: arguments are checked before the body runs, `help(brightened)` shows the sentence.
let brightened = LimnFunction("brightened(photo: image, by: float = 0.25)", doc: "A picture with more light in it.") { call in
  let amount = Float(try call.float("by", in: -1...1))
  return .image(try call.image("photo").mapped { min(max($0 + amount, 0), 1) })
}

let session = Session(functions: [brightened], objects: [Palette.self])
let gallery = Gallery()
session.delegate = gallery
session.define("colors", Palette(["sky": "#3060a0", "sun": "#ffd040"]))
try session.define("size", 32)

try session.compute("""
  func flag(p: palette, width) { image(width, width, color: p.sky).draw(circle(width / 2, width / 2, width / 4), p.sun) }
  print("{colors}: {colors.sky}")
  show flag(colors, size).brightened(by: 0.1)
  """)

// A function of the script, called from here; values come back as Swift's.
let picture = try session.call("flag", [session.value(of: "colors")!, 16]).image!
print("\(picture.width)×\(picture.height), \(try picture.png().count > 100 ? "a PNG" : "nothing")")

// A mistake is a value too: code, place, message and help; every name of the session is as it was.
do { try session.compute("colors.brightened()", name: "menu.limn") } catch {
  let mistake = error.diagnostics[0]
  print("\(mistake.source ?? "")\(mistake.line.map { ":\($0)" } ?? ""): \(mistake.message)")
}
