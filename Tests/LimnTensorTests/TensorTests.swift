import LimnTensor
import Testing

@Suite struct TensorTests {
  @Test func readsBackWhatItWasMadeOf() {
    #expect(Tensor([1, 2, 3, 4, 5, 6], [2, 3]).floats() == [1, 2, 3, 4, 5, 6])
    #expect(Tensor(ints: [1, -2], [2]).ints() == [1, -2])
    #expect(Tensor(2.5).item == 2.5)
    #expect(Tensor.arange(4).floats() == [0, 1, 2, 3])
    #expect(Tensor.eye(2).floats() == [1, 0, 0, 1])
  }

  @Test func broadcastsFromTheLastAxis() {
    let x = Tensor([1, 2, 3, 4, 5, 6], [2, 3])
    #expect((x + Tensor([10, 20, 30], [3])).floats() == [11, 22, 33, 14, 25, 36])
    #expect((x * Tensor([1, 10], [2, 1])).floats() == [1, 2, 3, 40, 50, 60])
    #expect((1 - x).floats() == [0, -1, -2, -3, -4, -5])
  }

  @Test func channelsLastKeepsValuesAndLayoutThroughArithmetic() {
    let values = (0..<48).map(Float.init)
    let x = Tensor(values, [2, 3, 4, 2])
    let y = x.channelsLast()
    #expect(y.isChannelsLast && !y.isContiguous)
    #expect(y.floats() == values)
    let z = y * Tensor([1, 10, 100], [1, 3, 1, 1]) + y
    #expect(z.isChannelsLast)
    #expect(z.floats() == (x * Tensor([1, 10, 100], [1, 3, 1, 1]) + x).floats())
    let tokens = y.permuted([0, 2, 3, 1]).reshaped([2, 8, 3])
    #expect(tokens.isContiguous)
  }

  @Test func viewsShareAndWritesDoNot() {
    let x = Tensor([1, 2, 3, 4], [2, 2])
    var y = x.transposed()
    y.withMutableFloats { $0[0] = 9 }
    #expect(x.floats() == [1, 2, 3, 4])
    #expect(y.floats() == [9, 3, 2, 4])
  }
}
