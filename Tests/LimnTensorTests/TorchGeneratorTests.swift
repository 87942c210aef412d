import LimnTestSupport
import Testing

import LimnTensor

/// Bit for bit against torch 2.15's CPU generator.
@Suite struct TorchGeneratorTests {
  static let fixture = try! Fixtures.tensors("rng")
  static let seeds: [Int64] = [0, 1, 7, 42, 1_234_567_890_123]

  private func expectFixture(_ actual: Tensor, _ key: String) throws {
    expectSame(actual, try #require(Self.fixture[key]), key)
  }

  @Test(arguments: seeds) func drawsAsTorchDoes(_ seed: Int64) throws {
    func g() -> TorchGenerator { TorchGenerator(seed: seed) }
    for n in [1, 5, 15, 16, 17, 31, 100, 1024] { try expectFixture(g().randn([n]), "randn.\(seed).\(n)") }
    try expectFixture(g().rand([33]), "rand.\(seed)")
    let ints = g().randint(0, 1000, [33])
    #expect(ints.ints() == Self.fixture["randint.\(seed)"]?.ints())
    #expect(g().randperm(50).ints() == Self.fixture["randperm.\(seed)"]?.ints())
    try expectFixture(g().randn([1, 4, 16, 16]), "latent.\(seed)")
    let r = g()
    try expectFixture(.concatenated([r.randn([3]), r.rand([4]), r.randn([20]), r.randn([2])], axis: 0), "sequence.\(seed)")
  }

  @Test func longDrawsAgreeOnEachInstructionSet() throws {
    let expected = try #require(Self.fixture["randn.long"])
    withEachInstructionSet { name in expectSame(TorchGenerator(seed: 3).randn([65536]), expected, name) }
  }

  @Test func drawsIntsOfWideRanges() {
    for (low, high) in [(0, 2), (-5, 5), (0, 1 << 20), (0, (1 << 31) - 1), (0, 1 << 40)] {
      #expect(TorchGenerator(seed: 4).randint(low, high, [9]).ints() == Self.fixture["randint.range.\(low).\(high)"]?.ints(), "\(low)..<\(high)")
    }
  }

  @Test func batchesAreDrawnAsOneOrByList() throws {
    try expectFixture(TorchGenerator(seed: 5).randn([2, 4, 16, 16]), "batch.one")
    let parts = (0..<2).map { TorchGenerator(seed: 5 + Int64($0)).randn([1, 4, 16, 16]) }
    try expectFixture(.concatenated(parts, axis: 0), "batch.list")
  }

  @Test func onlyTheLowHalfOfASeedCounts() {
    expectSame(TorchGenerator(seed: 7 + (1 << 32)).rand([8]), TorchGenerator(seed: 7).rand([8]))
    expectSame(TorchGenerator(seed: -1).rand([8]), TorchGenerator(seed: 0xffff_ffff).rand([8]))
  }

  @Test func copiesAndStatesGoOnAlike() throws {
    let a = TorchGenerator(seed: 11)
    _ = a.randn([3])  // leaves a normal number waiting
    let b = a.copy(), state = a.state
    #expect(state.waitingNormal != nil)
    let next = a.randn([5])
    expectSame(b.randn([5]), next)
    a.state = try .init(words: state.words, position: state.position, waitingNormal: state.waitingNormal)
    expectSame(a.randn([5]), next)
    #expect(a.state == b.state)
  }

  @Test func damagedStatesAreRefused() {
    #expect(throws: ShapeError("random state: 3 words and position 0, expected 624 and at most 624")) {
      try TorchGenerator.State(words: [1, 2, 3], position: 0, waitingNormal: nil)
    }
  }

  @Test func keysNameStreams() {
    let keys: [StreamKey] = [.int(7), .int(3), .string("flip")]
    expectSame(TorchGenerator(keys: keys).rand([8]), TorchGenerator(keys: keys).rand([8]))
    let others: [[StreamKey]] = [
      [.int(7), .int(3)], [.int(3), .int(7), .string("flip")], [.int(7), .int(3), .string("flop")], [.int(7), .float(3), .string("flip")],
      [.string("7"), .string("3flip")], [.string("73"), .string("flip")], [],
    ]
    let first = TorchGenerator(keys: keys).rand([8]).floats()
    var seen = Set([first])
    for other in others { seen.insert(TorchGenerator(keys: other).rand([8]).floats()) }
    #expect(seen.count == others.count + 1)
    // The written-down hash, computed by numpy's RandomState from the same eight words: these must never change.
    #expect(TorchGenerator(keys: keys).randint(0, 1 << 32, [2]).ints() == [4_219_571_797, 1_440_866_433])
    #expect(TorchGenerator(keys: [.float(-0.0)]).rand([4]).floats() == TorchGenerator(keys: [.float(0)]).rand([4]).floats())
  }
}
