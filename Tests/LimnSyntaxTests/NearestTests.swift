import LimnSyntax
import Testing

@Suite struct NearestTests {
  static let names = ["guidance", "seed", "steps", "sampler", "size", "capture", "x", "T", "nan", "max"]

  @Test(arguments: [
    ("guidence", "guidance"), ("gudiance", "guidance"), ("sed", "seed"), ("seeed", "seed"), ("Seed", "seed"),
    ("STEPS", "steps"), ("step", "steps"), ("sampelr", "sampler"), ("captrue", "capture"), ("mxa", "max"),
  ])
  func findsTheNameThatWasMeant(_ word: String, _ expected: String) {
    #expect(nearest(to: word, in: Self.names) == expected)
  }

  @Test(arguments: ["panda", "a", "", "zz", "guide", "scheduler", "y", "seed!!x"])
  func suggestsNothingWhenNoNameIsNear(_ word: String) {
    #expect(nearest(to: word, in: Self.names) == nil)
  }

  @Test func aVeryLongWordHasNone() {
    let word = String(repeating: "a", count: 100_000)
    #expect(nearest(to: word + "b", in: [word]) == nil)
  }

  @Test func amongEqualsTheFirstWins() {
    #expect(nearest(to: "cat", in: ["bat", "rat"]) == "bat")
  }
}
