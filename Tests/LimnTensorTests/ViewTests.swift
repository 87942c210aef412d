import LimnTensor
import LimnTestSupport
import Testing

@Suite struct ViewTests {
  /// Places in row-major order of [2, 3, 4, 5] mapped to the places they come from: every view is such a map.
  private static func moved(
    _ name: String, _ map: [Int], fill: Double = 0, _ run: @escaping @Sendable (Tensor) -> Tensor
  ) -> OpCase {
    OpCase(name, [[2, 3, 4, 5]], large: [[2, 3, 4, 5]], reference: { x in map.map { $0 < 0 ? fill : x[0][$0] } }, run: { run($0[0]) })
  }

  private static func places(_ sizes: [Int], _ place: ([Int]) -> Int) -> [Int] {
    var result: [Int] = []
    for i in 0..<sizes.reduce(1, *) {
      var rest = i, at = sizes
      for a in sizes.indices.reversed() {
        at[a] = rest % sizes[a]
        rest /= sizes[a]
      }
      result.append(place(at))
    }
    return result
  }
  private static func at(_ n: Int, _ c: Int, _ h: Int, _ w: Int) -> Int { ((n * 3 + c) * 4 + h) * 5 + w }

  static let cases: [OpCase] = [
    moved("reshape", Array(0..<120)) { $0.reshaped([6, -1]) },
    moved("permute", places([4, 2, 5, 3]) { at($0[1], $0[3], $0[0], $0[2]) }) { $0.permuted([2, 0, 3, 1]) },
    moved("transpose", places([2, 5, 4, 3]) { at($0[0], $0[3], $0[2], $0[1]) }) { $0.transposed(1, -1) },
    moved("tokens of pixels", places([2, 20, 3]) { at($0[0], $0[2], $0[1] / 5, $0[1] % 5) }) { $0.permuted([0, 2, 3, 1]).reshaped([2, 20, 3]) },
    moved("slice", places([2, 3, 2, 5]) { at($0[0], $0[1], 1 + 2 * $0[2], $0[3]) }) { $0.sliced(axis: 2, from: 1, to: 4, step: 2) },
    moved("select", places([2, 4, 5]) { at($0[0], 2, $0[1], $0[2]) }) { $0.selected(axis: 1, index: -1) },
    moved("unsqueeze and expand", places([2, 3, 4, 7, 5]) { at($0[0], $0[1], $0[2], $0[4]) }) { $0.unsqueezed(3).expanded([2, 3, 4, 7, 5]) },
    moved("flip", places([2, 3, 4, 5]) { at($0[0], $0[1], 3 - $0[2], $0[3]) }) { $0.flipped(axis: 2) },
    moved("rows", places([3, 3, 4, 5]) { at([1, 0, 1][$0[0]], $0[1], $0[2], $0[3]) }) { $0.rows(at: [1, 0, -1]) },
    moved("pad", places([2, 4, 4, 8]) { $0[1] < 1 || $0[3] < 2 || $0[3] > 6 ? -1 : at($0[0], $0[1] - 1, $0[2], $0[3] - 2) }, fill: 7) {
      $0.padded([(0, 0), (1, 0), (0, 0), (2, 1)], value: 7)
    },
    moved("concatenate", places([2, 6, 4, 5]) { at($0[0], $0[1] % 3, $0[2], $0[3]) }) { Tensor.concatenated([$0, $0], axis: 1) },
    moved("stack", places([2, 3, 2, 4, 5]) { at($0[0], $0[1], $0[3], $0[4]) }) { Tensor.stacked([$0, $0], axis: 2) },
    moved("channels-last", Array(0..<120)) { $0.channelsLast() },
    moved("replace", places([2, 3, 4, 5]) { $0[1] == 1 && $0[3] % 2 == 0 ? -1 : at($0[0], $0[1], $0[2], $0[3]) }, fill: 3) {
      $0.replacing([.init(from: 0, to: 2), .init(from: 1, to: 2), .init(from: 0, to: 4), .init(from: 0, to: 5, step: 2)], with: Tensor(3))
    },
  ]

  @Test(arguments: cases) func movesElementsAndGradients(_ c: OpCase) { c.check() }

  @Test func replacingSendsGradientsToBoth() {
    OpCase("replace", [[4, 5], [1, 2]]) { x in
      x[0].replacing([.init(from: 1, to: 3), .init(from: 0, to: 4, step: 2)], with: x[1])
    }.check()
    OpCase("concatenate parts", [[2, 3], [2, 1], [2, 4]], large: [[200, 300], [200, 1], [200, 77]]) { Tensor.concatenated($0, axis: 1) }.check()
  }

  @Test func viewsTakeNoMemory() {
    let x = Tensor.zeros([2, 8, 6, 4]).channelsLast()
    MemoryMeter.resetPeak()
    let tokens = x.permuted([0, 2, 3, 1]).reshaped([2, 24, 8])
    let pixels = x.reshaped([2, 8, 24])
    #expect(tokens.isContiguous && tokens.shape == [2, 24, 8] && pixels.shape == [2, 8, 24])
    #expect(pixels.transposed().isContiguous)
    #expect(x.unsqueezed(0).squeezed(0).isChannelsLast)
  }

  @Test func layoutsSurviveJoiningAndArithmetic() {
    let x = TorchGenerator(seed: 1).randn([2, 3, 4, 5]), y = x.channelsLast()
    let results: [Tensor] = [
      Tensor.concatenated([y, y], axis: 1), y + x.channelsLast(), y.silu(), y.flipped(axis: 3),
      y.padded([(0, 0), (0, 0), (1, 1), (1, 1)]), y.mean(axes: [2, 3], keepDims: true),
    ]
    for z in results { #expect(z.isChannelsLast) }
    #expect(x.isContiguous)
    let both = x + y
    #expect(both.isContiguous)
  }

  @Test func typesConvert() {
    let x = Tensor([0, 1, -1.75, 300, .nan, 1e10], [6])
    #expect(x.converted(to: .i64).ints() == [0, 1, -1, 300, 0, 10_000_000_000])
    #expect(x.converted(to: .i32).ints() == [0, 1, -1, 300, 0, Int(Int32.max)])
    #expect(x.converted(to: .u8).ints() == [0, 1, 0, 255, 0, 255])
    #expect(x.converted(to: .bool).ints() == [0, 1, 1, 1, 1, 1])
    #expect(Tensor([1, 2.5, -3], [3]).converted(to: .f16).floats() == [1, 2.5, -3])
    #expect(Tensor([1, 2.5, 3.1415927], [3]).converted(to: .bf16).floats() == [1, 2.5, 3.140625])
    let turned = Tensor([1, 2, 3, 4, 5, 6], [2, 3]).converted(to: .f16).transposed()
    #expect(turned.floats() == [1, 4, 2, 5, 3, 6])
    let sum = turned + 1
    #expect(sum.floats() == [2, 5, 3, 6, 4, 7])
  }

  @Test func longTransposesAreRight() {
    let x = Tensor.arange(77 * 130 * 3).reshaped([3, 77, 130])
    let y = x.transposed().contiguous().floats()
    let expected = (0..<30030).map { (i: Int) -> Float in
      let (matrix, row, column) = (i / 10010, i % 10010 / 77, i % 77)
      return Float(matrix * 10010 + column * 130 + row)
    }
    #expect(y == expected)
  }

  @Test(arguments: [DType.u8, .f16, .f32, .i64]) func transposesOfEachWidthAreRight(_ type: DType) {
    for (rows, columns) in [(1, 7), (8, 8), (16, 24), (13, 37), (200, 150)] {
      let x = (Tensor.arange(rows * columns).remainder(113)).reshaped([rows, columns])
      let values = x.floats()
      let expected = (0..<(rows * columns)).map { (i: Int) -> Float in values[(i % rows) * columns + i / rows] }
      #expect(x.converted(to: type).transposed().contiguous().floats() == expected, "\(rows)×\(columns)")
    }
  }

  @Test func rulesSayWhatIsWrong() {
    func message(_ rule: () throws -> Any) -> String { do { _ = try rule(); return "" } catch { return "\(error)" } }
    let s: Shape = [2, 3]
    #expect(message { try Shape.broadcast(s, [2, 4], op: "add") } == "add: shapes do not fit: [2, 3] and [2, 4]")
    #expect(message { try s.reshaped([4, -1]) } == "reshape: 6 elements of [2, 3] do not fill [4, -1]")
    #expect(message { try s.reshaped([7]) } == "reshape: [2, 3] has 6 elements, [7] has 7")
    #expect(message { try s.permuted([0, 0]) } == "permute: [0, 0] does not name each axis of [2, 3] once")
    #expect(message { try s.sliced(axis: 1, from: 2, to: 9, step: 1) } == "slice: 2..<9 is outside of axis 1 of [2, 3], which has 3")
    #expect(message { try s.index(5, axis: 0, op: "select") } == "select: index 5 is outside of axis 0 of [2, 3], which has 2")
    #expect(message { try s.axis(2, op: "sum") } == "sum: shape [2, 3] has no axis 2")
    #expect(message { try s.axes([0, -2], op: "sum") } == "sum: axis -2 is named twice")
    #expect(message { try Shape.concatenated([s, [2, 4]], axis: 0) } == "concatenate: shapes differ outside of axis 0: [2, 3] and [2, 4]")
    #expect(message { try Shape.stacked([s, [3]], axis: 0) } == "stack: shapes differ: [2, 3] and [3]")
    #expect(message { try s.padded([(0, 0)]) } == "pad: 1 widths for the 2 axes of [2, 3]")
    #expect(message { try s.expands(to: [2], op: "expand") } == "expand: shape [2, 3] cannot be expanded to [2]")
    #expect(message { try Shape.checked([1, 2, 3, 4, 5, 6, 7], op: "zeros") } == "zeros: a shape has at most 6 axes, not 7: [1, 2, 3, 4, 5, 6, 7]")
    #expect(message { try Shape.checked([1 << 40, 1 << 40], op: "zeros") }.contains("is too large"))
  }
}
