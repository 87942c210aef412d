import LimnTensor
import LimnTestSupport
import Testing

@Suite struct NeuralResizeTests {
  /// torch 2.15's `interpolate(align_corners=False)` of the picture below, 5 wide and 4 high: mode, antialias, height, width.
  static let known: [(ResizeMode, Bool, Int, Int, [Float])] = [
    (
      .nearest, false, 6, 7,
      [
        0, 0, 7, 3, 3, 10, 6, 0, 0, 7, 3, 3, 10, 6, 2, 2, 9, 5, 5, 1, 8, 4, 4, 0, 7, 7, 3, 10, 4, 4, 0, 7, 7,
        3, 10, 6, 6, 2, 9, 9, 5, 1,
      ]
    ),
    (.nearest, false, 3, 2, [0, 3, 2, 5, 4, 7]),
    (
      .bilinear, false, 6, 7,
      [
        0, 4, 5.857142, 3, 8.000001, 8.285714, 6, 1, 5, 6.857142, 4, 5.071429, 6.142857, 7, 2.333333,
        5.285715, 6.880952, 5.333333, 2.47619, 4.333334, 8.333334, 3.666667, 2.428571, 2.976191, 6.666667,
        3.809523, 5.666667, 9.666666, 5, 2.714286, 3.000001, 8, 5.142857, 4.642857, 5.5, 6, 3.714286,
        4.000001, 9, 6.142857, 3.285714, 1,
      ]
    ),
    (.bilinear, false, 3, 2, [5.583333, 7.958333, 4.125, 3.75, 2.666667, 4.125]),
    (
      .bicubic, false, 6, 7,
      [
        -0.7246336, 4.30744, 6.188423, 2.826389, 9.049161, 9.535987, 5.436357, 0.1803005, 6.000092, 8.328716,
        3.8125, 4.532709, 6.09967, 6.930579, 1.999175, 5.825357, 8.01776, 5.425926, 0.7819309, 3.370846,
        9.258122, 3.764673, 1.6003, 2.50174, 6.574075, 2.835387, 5.363059, 11.17016, 5.583549, 1.425564,
        1.900148, 8.1875, 5.430119, 4.397412, 5.805578, 6.488483, 3.118216, 3.758161, 9.173613, 7.076838,
        2.673613, -0.1712819,
      ]
    ),
    (.bicubic, false, 3, 2, [6.2561, 8.696815, 4.001953, 2.491333, 1.747811, 3.777236]),
    (
      .area, false, 6, 7,
      [
        0, 3.5, 5, 3, 6.5, 8, 6, 1, 4.5, 6, 4, 4.75, 6.25, 7, 2, 5.5, 7, 5, 3, 4.5, 8, 4, 2, 3.5, 7, 5, 6.5,
        10, 5, 3, 4.5, 8, 6, 4.75, 5.5, 6, 4, 5.5, 9, 7, 3, 1,
      ]
    ),
    (.area, false, 3, 2, [4.333333, 5.5, 4.5, 5.666667, 4.666667, 5.833333]),
    (
      .bilinear, true, 6, 7,
      [
        0, 4, 5.857142, 3, 8.000001, 8.285714, 6, 1, 5, 6.857142, 4, 5.071429, 6.142857, 7, 2.333333,
        5.285714, 6.880951, 5.333333, 2.47619, 4.333333, 8.333334, 3.666667, 2.428571, 2.97619, 6.666667,
        3.809524, 5.666667, 9.666667, 5, 2.714286, 3.000001, 8, 5.142857, 4.642857, 5.5, 6, 3.714286,
        4.000001, 9, 6.142857, 3.285714, 1,
      ]
    ),
    (.bilinear, true, 3, 2, [4.45, 6.25, 4.25, 5.25, 4.400001, 4.95]),
    (
      .bicubic, true, 6, 7,
      [
        -0.5393456, 4.051246, 6.185514, 2.868422, 8.950783, 9.025076, 5.593256, 0.3780698, 5.411439, 7.850281,
        3.82353, 4.984566, 6.286459, 6.892062, 2.002697, 5.687237, 7.910604, 5.333334, 1.174831, 3.808064,
        8.912915, 3.822546, 1.791987, 2.289507, 6.666667, 3.137687, 5.684513, 10.75551, 5.447174, 2.067786,
        2.157779, 8.176471, 5.281598, 4.428712, 5.421474, 6.36459, 3.427979, 3.65053, 9.131579, 6.647882,
        2.785137, 0.1327279,
      ]
    ),
    (.bicubic, true, 3, 2, [4.293582, 6.42943, 4.101411, 5.402387, 4.456565, 4.995902]),
  ]

  private static let picture = Tensor((0..<20).map { Float($0 * 7 % 11) }, [1, 1, 4, 5])

  @Test(arguments: known) func agreesWithTorch(
    _ mode: ResizeMode, _ antialias: Bool, _ height: Int, _ width: Int, _ expected: [Float]
  ) {
    let y = resized(Self.picture, height: height, width: width, mode: mode, antialias: antialias)
    expectClose(y.floats(), expected, relativeToLargest: 1e-6)
    // Three channels and two pictures are resized each alone.
    let many = resized(
      Self.picture.expanded([2, 3, 4, 5]) * Tensor([1, 2, 3], [1, 3, 1, 1]), height: height, width: width, mode: mode,
      antialias: antialias)
    #expect(many.isChannelsLast)
    expectClose(
      many.sliced(axis: 1, from: 2, to: 3), Tensor.concatenated([y, y], axis: 0) * 3, relativeToLargest: 1e-6)
  }

  static let cases: [OpCase] =
    ResizeMode.allCases.flatMap { mode in
      [(false, 7, 5), (true, 2, 9), (false, 1, 1)].map { antialias, height, width in
        OpCase(
          "\(mode) to \(width)×\(height)\(antialias ? ", antialiased" : "")", [[2, 3, 4, 5]], large: [[2, 16, 32, 33]]
        ) {
          resized($0[0], height: height, width: width, mode: mode, antialias: antialias)
        }
      }
    } + [
      OpCase("each pixel as four", [[2, 3, 1, 5]], large: [[2, 64, 16, 16]]) { upsampledNearest2x($0[0]) },
      OpCase("nearest", [[1, 2, 5, 3]]) { resizedNearest($0[0], height: 3, width: 7) },
    ]

  @Test(arguments: cases) func hasItsGradient(_ c: OpCase) { c.check() }

  @Test func eachPixelBecomesFour() {
    let y = upsampledNearest2x(Tensor([1, 2, 3, 4], [1, 1, 2, 2]))
    #expect(y.floats() == [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4])
  }

  @Test func theSameSizeIsTheSamePicture() {
    #expect(resized(Self.picture, height: 4, width: 5, mode: .bicubic).floats() == Self.picture.floats())
  }

  @Test func shapesThatDoNotFitAreNamed() {
    #expect(throws: ShapeError("resize: the size is 3×0, both sides must be at least 1")) {
      try Shape.resized([1, 1, 2, 2], height: 0, width: 3)
    }
  }
}
