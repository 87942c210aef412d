import LimnTensor
import Synchronization

/// The weights that some model holds right now, by where they come from: a model that is loaded again, with other options or by
/// another interpreter, gets the same ones, and with them what was made of them for computing.
enum SharedWeights {
  /// A weight's place on disk, and how it is read.
  struct Place: Hashable {
    let source: Bytes.Source
    let range: Range<Int>
    let dtype: DType
    let shape: Shape
    let key: String
  }

  private struct Entry {
    weak var weight: Weight?
  }

  private static let entries = Mutex<[Place: Entry]>([:])

  /// The weight from this place, made if nobody holds it.
  static func weight(at place: Place, make: () -> Weight) -> Weight {
    entries.withLock { entries in
      if let known = entries[place]?.weight { return known }
      let weight = make()
      // Models come and go; what they leave here is swept out before it is more than what lives.
      if entries.count == entries.capacity { entries = entries.filter { $0.value.weight != nil } }
      entries[place] = Entry(weight: weight)
      return weight
    }
  }
}
