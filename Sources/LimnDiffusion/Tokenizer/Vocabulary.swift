/// The pieces of a vocabulary and their ids, found by their UTF-8.
///
/// A hash table of its own, because a dictionary keyed by `String` compares by canonical equivalence: that is slower (it
/// was most of the half second that CLIP's 49,408 pieces and 48,894 merges took) and not what a vocabulary means.
struct Vocabulary: Sendable {
  /// The spelling of each id; nil for an id without one.
  private(set) var spellings: [String?] = []
  /// Ids by hash with linear probing; -1 where empty. At most half full.
  private var slots = [Int32](repeating: -1, count: 64)
  private var used = 0

  /// The id of `piece`.
  func id(of piece: String) -> Int32? { id(of: piece.utf8, joinedWith: "".utf8) }

  /// The id of the piece spelled `left` then `right`, in UTF-8.
  func id(of left: some Collection<UInt8>, joinedWith right: some Collection<UInt8>) -> Int32? {
    var slot = Self.hash(right, Self.hash(left)) & (slots.count - 1)
    while slots[slot] >= 0 {
      let id = slots[slot]
      if isSpelled(id, left, right) { return id }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Gives `piece` the id; a later piece takes an id from an earlier one.
  mutating func put(_ piece: String, id: Int) {
    if id >= spellings.count { spellings.append(contentsOf: repeatElement(nil, count: id + 1 - spellings.count)) }
    if self.id(of: piece) == Int32(id) { return }
    spellings[id] = piece
    used += 1
    if used * 2 > slots.count { grow() } else { insert(Int32(id), piece) }
  }

  private mutating func insert(_ id: Int32, _ piece: String) {
    var slot = Self.hash(piece.utf8) & (slots.count - 1)
    while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = id
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 4)
    used = 0
    for (id, piece) in spellings.enumerated() {
      guard let piece else { continue }
      insert(Int32(id), piece)
      used += 1
    }
  }

  private func isSpelled(_ id: Int32, _ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    guard let piece = spellings[Int(id)]?.utf8, piece.count == left.count + right.count else { return false }
    return piece.prefix(left.count).elementsEqual(left) && piece.suffix(right.count).elementsEqual(right)
  }

  /// FNV-1a, continued from `start`.
  private static func hash(_ bytes: some Collection<UInt8>, _ start: Int = -0x340d_631b_7bdd_dcdb) -> Int {
    bytes.reduce(start) { ($0 ^ Int($1)) &* 0x100_0000_01b3 }
  }
}
