import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

private func weights(_ shapes: [String: Shape]) -> [String: Weight] {
  Dictionary(
    uniqueKeysWithValues: shapes.map { key, shape in
      (key, Weight(key: key, source: Tensor([Float](repeating: 1, count: shape.count), shape)))
    })
}

@Suite struct WeightReaderTests {
  @Test func takesByScopeAndShapeAndReportsWhatIsLeft() throws {
    let reader = WeightReader(weights(["a.w": [2, 3], "a.b": [2], "a.old": [1], "c": [1]]), file: "unet")
    let a = reader.scoped("a")
    #expect(try a.take("w", shape: [2, 3]).tensor.shape == [2, 3])
    #expect(try a.take("new", or: "old", shape: [1]).weight.key == "a.old")
    #expect(try a.takeIfPresent("none", shape: [1]) == nil)
    #expect(a.has("b"))
    #expect(reader.hasScope("a"))
    #expect(!reader.hasScope("b"))
    #expect(a.shape(of: "b") == [2])
    let report = try reader.finish()
    #expect(report.matched == 2)
    #expect(report.unused == ["a.b", "c"])
    #expect(report.description == "unet: 2 weights, 2 unused ('a.b', 'c')")
  }

  @Test func namesTheFirstFewMissingKeysAtOnce() throws {
    let reader = WeightReader(weights(["a": [1], "x": [1]]), file: "unet")
    _ = try reader.take("a", shape: [1])
    for number in 0..<7 { _ = try reader.scoped("block").take("\(number)", shape: [4]) }
    let error = #expect(throws: FormatError.self) { try reader.finish() }
    #expect(
      error?.description == """
        'unet': 7 of 8 weights are missing: found unused 'x', expected 'block.0', 'block.1', 'block.2', 'block.3', 'block.4' and 2 more
        """)
  }

  @Test func refusesAnotherShape() {
    let reader = WeightReader(weights(["a": [2, 3]]), file: "unet")
    let error = #expect(throws: FormatError.self) { try reader.take("a", shape: [3, 2]) }
    #expect(
      error?.description == "'unet': 'a': the shape does not fit the model's config: found [2, 3], expected [3, 2]")
  }
}

@Suite struct WeightTests {
  @Test func widensAndPacksOnceAndGivesThePagesBack() throws {
    try withTemporaryFolder { folder throws in
      let path = "\(folder)/a.safetensors"
      let values = (0..<8192).map { Float($0 % 101) }
      try SafetensorsFile.write([("x", Tensor(values, [8192]).converted(to: .f16))], to: path)
      let weight = try SafetensorsFile(path: path).weight("x", as: "y")
      #expect(weight.key == "y")
      #expect(weight.dtype == .f16)
      #expect(weight.f32.floats() == values)
      var made = 0
      for _ in 0..<2 {
        let sum = weight.pack(Float.self) { source in
          made += 1
          return source.floats().reduce(0, +)
        }
        #expect(sum == values.reduce(0, +))
      }
      #expect(made == 1)
      // The pages were let go twice; the file is still there to be read again.
      #expect(weight.source.floats() == values)
      weight.dropMadeForms()
      #expect(weight.f32.floats() == values)
    }
  }

  @Test func aFileThatIsOpenedAgainGivesTheSameWeightsUntilItChanges() throws {
    try withTemporaryFolder { folder throws in
      let path = "\(folder)/a.safetensors"
      func write(_ value: Float) throws { try SafetensorsFile.write([("x", Tensor([value, 2, 3, 4], [2, 2]))], to: path) }
      try write(1)
      let weight = try SafetensorsFile(path: path).weight("x")
      #expect(try SafetensorsFile(path: path).weight("x") === weight)
      // Other rows, another shape or another name are other weights.
      #expect(try SafetensorsFile(path: path).weight("x", rows: 1..<2).f32.floats() == [3, 4])
      #expect(try SafetensorsFile(path: path).weight("x", shape: [4]).shape == [4])
      #expect(try SafetensorsFile(path: path).weight("x", as: "y").key == "y")
      try write(5)
      let changed = try SafetensorsFile(path: path).weight("x")
      #expect(changed !== weight && changed.f32.floats() == [5, 2, 3, 4] && weight.f32.floats() == [1, 2, 3, 4])
    }
  }
}
