/// What values that move (random streams) were before they moved, so that statements and inputs can be taken back.
final class Journal {
  private struct Entry {
    let object: any HostObject
    let state: Any
  }

  private var entries: [Entry] = []
  /// The objects entered since the last mark: their state then is already known.
  private var entered: Set<ObjectIdentifier> = []
  /// How many entries are kept; older ones cannot be undone any more.
  private static let limit = 20_000

  /// How many entries were dropped from the front.
  private var dropped = 0
  /// How many marks there were. What was made since the last has nothing to go back to.
  private(set) var epoch = 0

  /// A position to go back to with ``rewind(to:)``.
  func mark() -> Int {
    epoch += 1
    entered.removeAll(keepingCapacity: true)
    if entries.count > Self.limit {
      dropped += entries.count - Self.limit
      entries.removeFirst(entries.count - Self.limit)
    }
    return dropped + entries.count
  }

  func willChange(_ object: any HostObject) {
    guard entered.insert(ObjectIdentifier(object)).inserted, let state = object.savedState() else { return }
    entries.append(Entry(object: object, state: state))
  }

  func rewind(to mark: Int) {
    while dropped + entries.count > mark, let last = entries.popLast() { last.object.restore(last.state) }
    entered.removeAll(keepingCapacity: true)
  }
}
