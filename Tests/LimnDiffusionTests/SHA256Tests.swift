import LimnDiffusion
import LimnNN
import Testing

@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func agreesWithTheStandard(_ text: String, digest: String) {
    #expect(Array(text.utf8).withUnsafeBytes { SHA256.hex($0) } == digest)
  }

  @Test func takesAMillionBytesInUnevenParts() {
    let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    var digest = SHA256()
    var start = 0
    var step = 1
    while start < bytes.count {
      let end = min(start + step, bytes.count)
      bytes[start..<end].withUnsafeBytes { digest.update($0) }
      (start, step) = (end, step * 3 % 1009 + 1)
    }
    #expect(digest.finish() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
