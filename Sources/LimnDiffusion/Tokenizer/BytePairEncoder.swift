import LimnNN

/// Joins the bytes of a word into the pieces of a vocabulary, the most common pair first.
///
/// Source: Sennrich et al. 2016, arXiv:1508.07909, over bytes as in GPT-2; a word's last piece carries `</w>` as in CLIP.
struct BytePairEncoder: Sendable {
  /// A run of a word's bytes that is one piece.
  struct Run: Equatable {
    let id: Int32
    let bytes: Range<Int>
  }

  private struct Merge {
    let rank: Int32
    let id: Int32
  }

  /// The piece of each byte inside a word, and at its end; -1 where the vocabulary has none.
  private var inner = [Int32](repeating: -1, count: 256)
  private var last = [Int32](repeating: -1, count: 256)
  private var merges: [UInt64: Merge] = [:]
  private let unknown: Int32

  /// Two spellings that are joined, in UTF-8.
  typealias MergePair = (left: ArraySlice<UInt8>, right: ArraySlice<UInt8>)

  /// - Parameter merges: Pairs of spellings, the first to be joined first.
  /// - Parameter unknown: The piece that stands for a byte without one.
  init(
    vocabulary: Vocabulary, merges pairs: [MergePair], unknown: Int32, file: String
  ) throws(FormatError) {
    self.unknown = unknown
    for byte in 0..<256 {
      let letter = String(ByteAlphabet.letters[byte])
      inner[byte] = vocabulary.id(of: letter) ?? -1
      last[byte] = vocabulary.id(of: letter + "</w>") ?? -1
    }
    merges.reserveCapacity(pairs.count)
    for (rank, pair) in pairs.enumerated() {
      guard let left = vocabulary.id(of: pair.left, joinedWith: []),
        let right = vocabulary.id(of: [], joinedWith: pair.right),
        let whole = vocabulary.id(of: pair.left, joinedWith: pair.right)
      else {
        let found = "'\(String(decoding: pair.left, as: UTF8.self)) \(String(decoding: pair.right, as: UTF8.self))'"
        throw FormatError("merge \(rank + 1) uses a piece the vocabulary lacks", file: file, found: found)
      }
      let key = Self.key(left, right)
      if merges[key] == nil { merges[key] = Merge(rank: Int32(rank), id: whole) }
    }
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// The pieces of one word.
  ///
  /// - Complexity: O(n log n) in the bytes of the word, so that a prompt of one endless word is no attack.
  func encode(_ word: [UInt8]) -> [Run] {
    guard !word.isEmpty else { return [] }
    // A list of pieces linked by index; a piece that was joined to its left neighbour has an id of -2.
    var ids = word.map { inner[Int($0)] }
    ids[word.count - 1] = last[Int(word[word.count - 1])]
    var next = Array(1...word.count)
    var previous = Array(-1..<word.count - 1)
    var queue = Heap()
    func offer(_ left: Int) {
      let right = next[left]
      guard right < ids.count, let merge = merges[Self.key(ids[left], ids[right])] else { return }
      queue.push(Candidate(rank: merge.rank, left: Int32(left), leftID: ids[left], rightID: ids[right]))
    }
    for index in word.indices { offer(index) }
    while let best = queue.pop() {
      let left = Int(best.left)
      guard ids[left] == best.leftID, next[left] < ids.count, ids[next[left]] == best.rightID else { continue }  // outdated
      let right = next[left]
      ids[left] = merges[Self.key(best.leftID, best.rightID)]!.id
      ids[right] = -2
      next[left] = next[right]
      if next[left] < ids.count { previous[next[left]] = left }
      if previous[left] >= 0 { offer(previous[left]) }
      offer(left)
    }
    var runs: [Run] = []
    var index = 0
    while index < ids.count {
      runs.append(Run(id: ids[index] >= 0 ? ids[index] : unknown, bytes: index..<next[index]))
      index = next[index]
    }
    return runs
  }

  /// A pair that may be joined: lower ranks first, then from the left.
  private struct Candidate {
    let rank: Int32
    let left: Int32
    let leftID: Int32
    let rightID: Int32

    func isBefore(_ other: Candidate) -> Bool { (rank, left) < (other.rank, other.left) }
  }

  /// A binary heap, smallest candidate on top.
  private struct Heap {
    private var items: [Candidate] = []

    mutating func push(_ item: Candidate) {
      items.append(item)
      var index = items.count - 1
      while index > 0, items[index].isBefore(items[(index - 1) / 2]) {
        items.swapAt(index, (index - 1) / 2)
        index = (index - 1) / 2
      }
    }

    mutating func pop() -> Candidate? {
      guard let top = items.first else { return nil }
      let moved = items.removeLast()
      if items.isEmpty { return top }
      items[0] = moved
      var index = 0
      while true {
        var smallest = index
        for child in [2 * index + 1, 2 * index + 2] where child < items.count && items[child].isBefore(items[smallest])
        {
          smallest = child
        }
        if smallest == index { return top }
        items.swapAt(index, smallest)
        index = smallest
      }
    }
  }
}

/// The letters that stand for the 256 bytes in vocabulary files: printable Latin-1 as itself, the rest from U+0100 on.
enum ByteAlphabet {
  static let letters: [Character] = {
    var spare: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      let isPrintable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
      if isPrintable { return Character(Unicode.Scalar(byte)!) }
      defer { spare += 1 }
      return Character(Unicode.Scalar(spare)!)
    }
  }()
}
