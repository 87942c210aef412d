import Foundation
import LimnNN
import LimnTestSupport
import Testing

@Suite struct FileTreeTests {
  @Test func listsAndReadsAFolderThroughItsLinks() throws {
    try withTemporaryFolder { root throws in
      write("{\"a\": 1}".utf8, to: "\(root)/blobs/1")
      write("x".utf8, to: "\(root)/tree/in/file.txt")
      let manager = FileManager.default
      try manager.createSymbolicLink(atPath: "\(root)/tree/config.json", withDestinationPath: "../blobs/1")
      try manager.createSymbolicLink(atPath: "\(root)/tree/dangling", withDestinationPath: "none")
      let tree = FolderTree("\(root)/tree/")
      #expect(tree.name == "\(root)/tree")
      #expect(tree.list("") == ["config.json", "in/"])
      #expect(tree.list("in") == ["file.txt"])
      #expect(tree.list("none") == [])
      #expect(tree.exists("in/file.txt") && !tree.exists("in") && !tree.exists("dangling"))
      #expect(tree.hasFolder("in") && !tree.hasFolder("config.json"))
      #expect(try tree.json("config.json") == ["a": 1])
      #expect(try tree.bytes("none") == nil)
      let inner = tree.subtree("in")
      #expect(inner.name == "\(root)/tree/in")
      #expect(inner.list("") == ["file.txt"])
      #expect(try inner.bytes("file.txt")?.text(file: "f") == "x")
      let error = #expect(throws: FormatError.self) { try tree.bytes("in") }
      #expect(error?.description == "'\(root)/tree/in': cannot be read: found a folder, expected a file")
      write([0xFF], to: "\(root)/tree/binary")
      #expect(throws: FormatError.self) { try tree.bytes("binary")?.text(file: "binary") }
      #expect(throws: FormatError.self) { try tree.json("binary") }
    }
  }

  @Test func tellsFilesFromFolders() throws {
    try withTemporaryFolder { root throws in
      write("x".utf8, to: "\(root)/a")
      #expect(FileKind(at: root) == .folder)
      #expect(FileKind(at: "\(root)/a") == .file)
      #expect(FileKind(at: "\(root)/b") == .missing)
    }
  }
}

@Suite struct NearestNameTests {
  @Test(
    arguments: [
      ("pnada", "panda"), ("Panda", "panda"), ("pandas", "panda"), ("bow", "bowl"), ("eular", "euler"), ("zebra", nil),
      ("", nil),
    ] as [(String, String?)])
  func findsTheLikelyMisspelling(_ name: String, nearest: String?) {
    #expect(nearestName(to: name, in: ["a", "bowl", "panda", "euler"]) == nearest)
  }
}
