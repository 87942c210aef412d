import Foundation
import LimnNN
import LimnTestSupport

/// Model folders put together for a test out of links to the fixtures, so that files can be left out and added.
struct ModelFolder {
  let path: String

  init(_ path: String) {
    self.path = path
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// Links every file of a fixture but those whose path below it `skip` names.
  init(_ path: String, of fixture: String, skip: (String) -> Bool = { _ in false }) {
    self.init(path)
    let root = Fixtures.path(fixture)
    for case let name as String in FileManager.default.enumerator(atPath: root)! {
      let isFolder = FileKind(at: "\(root)/\(name)") == .folder
      if !isFolder, !skip(name) { link("\(root)/\(name)", as: name) }
    }
  }

  func link(_ source: String, as name: String) {
    let target = "\(path)/\(name)"
    try! FileManager.default.createDirectory(
      atPath: target.splitLastComponent.folder, withIntermediateDirectories: true)
    try! FileManager.default.createSymbolicLink(atPath: target, withDestinationPath: source)
  }

  func put(_ text: String, as name: String) { LimnTestSupport.write(text.utf8, to: "\(path)/\(name)") }

  func remove(_ name: String) { try! FileManager.default.removeItem(atPath: "\(path)/\(name)") }
}
