import LimnDiffusion
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct AttentionRecordTests {
  private func layer(_ index: Int, _ block: AttentionLayer.Block, _ height: Int, _ width: Int) -> AttentionLayer {
    AttentionLayer(name: "layer\(index)", block: block, kind: .cross, index: index, heads: 1, height: height, width: width)
  }

  private let row = AttentionRow(positions: [4, 2, 4])

  /// Two layers of 2×2 and one of 1×1; columns of positions 2 and 4.
  private func sample() -> AttentionRecord {
    var record = AttentionRecord()
    record.keep(layer(0, .down, 2, 2), row, Tensor([1, 2, 3, 4, 10, 20, 30, 40], [2, 2, 2]))
    record.keep(layer(1, .mid, 1, 1), row, Tensor([7, 70], [2, 1, 1]))
    record.keep(layer(2, .up, 2, 2), row, Tensor([3, 4, 5, 6, 30, 40, 50, 60], [2, 2, 2]))
    return record
  }

  @Test func positionsAreSortedAndCountedOnce() { #expect(row.positions == [2, 4]) }

  @Test func aMapIsTheMeanOverLayersAndPositions() throws {
    let map = try sample().map(AttentionQuery([2]), height: 2, width: 2)
    // (1 + 7 + 3) / 3 and so on: the middle's one cell covers all four.
    expectClose(map, Tensor([11, 13, 15, 17], [2, 2]) / 3, relativeToLargest: 1e-6)
    var query = AttentionQuery([2, 4])
    query.blocks = [.down]
    #expect(try sample().map(query, height: 2, width: 2).floats() == [5.5, 11, 16.5, 22])
  }

  @Test func aSizeKeepsItsOwnGrid() throws {
    var query = AttentionQuery([4])
    query.size = 1
    #expect(try sample().map(query, height: 2, width: 2).floats() == [70])
    query.size = 2
    #expect(try sample().map(query, height: 9, width: 9).floats() == [20, 30, 40, 50])
  }

  @Test func stepsAreAveragedAsTheyCome() throws {
    var record = sample()
    let one = try record.map(AttentionQuery([2]), height: 2, width: 2).floats()
    record.add(sample())
    #expect(try record.map(AttentionQuery([2]), height: 2, width: 2).floats() == one)
    var zero = AttentionRecord()
    zero.keep(layer(0, .down, 2, 2), row, .zeros([2, 2, 2]))
    var query = AttentionQuery([2])
    query.layer = "layer0"
    record.add(zero, keepsStep: true)
    expectClose(try record.map(query, height: 2, width: 2), Tensor([2, 4, 6, 8], [2, 2]) / 3, relativeToLargest: 1e-6)
    #expect(record.steps.count == 1)
    #expect(record.layers.count == 3)
  }

  @Test func aCopyDoesNotSeeLaterSteps() throws {
    var record = sample()
    let kept = record
    record.add(sample())
    var query = AttentionQuery([4])
    query.size = 1
    #expect(kept.layers == record.layers)
    #expect(try kept.map(query, height: 1, width: 1).floats() == [70])
  }

  @Test func saysWhatWasNotCaptured() {
    var query = AttentionQuery([2])
    query.size = 16
    expectMessage("maps: no captured layer has size 16, captured: down 2×2, mid 1×1, up 2×2") {
      try sample().map(query, height: 2, width: 2)
    }
    query = AttentionQuery([3])
    expectMessage("maps: position 3 was not captured, captured: [2, 4]") { try sample().map(query, height: 2, width: 2) }
    query = AttentionQuery([2])
    query.role = .unconditional
    expectMessage("maps: no cross attention was captured for the unconditional half of picture 0") {
      try sample().map(query, height: 2, width: 2)
    }
    expectMessage("maps: a word without a position has no map") { try sample().map(AttentionQuery([]), height: 2, width: 2) }
  }
}
