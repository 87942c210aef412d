/// Returns the candidate most likely meant by a misspelled word, or nil when none is near enough to suggest.
///
/// Counts insertions, deletions, substitutions and swaps of neighbours (Damerau–Levenshtein, optimal string alignment)
/// without regard to letter case. Up to five letters one edit is allowed (none for a single letter), then one for every
/// three. Among equals the first candidate wins, so that messages are the same each time: pass them in a fixed order.
///
///     nearest(to: "guidence", in: ["guidance", "seed"])   // "guidance"
///
/// A word of more than 64 letters has none: what it was meant to be shows by itself.
/// - Complexity: O(n · m · candidates), with hopeless lengths skipped.
package func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
  guard word.utf8.count <= 256 else { return nil }
  let wanted = Array(word.lowercased().unicodeScalars)
  guard wanted.count <= 64 else { return nil }
  let allowed = wanted.count <= 1 ? 0 : wanted.count <= 5 ? 1 : wanted.count / 3
  var best: String?
  var bestDistance = allowed + 1
  for candidate in candidates where candidate != word {
    // Nothing is nearer than another spelling of the case.
    if bestDistance == 0 { break }
    let scalars = Array(candidate.lowercased().unicodeScalars)
    guard abs(scalars.count - wanted.count) < bestDistance else { continue }
    let distance = edits(from: wanted, to: scalars)
    // What shares no letter with the word helps nobody: "y" for "x".
    guard distance < bestDistance, distance < min(scalars.count, wanted.count) else { continue }
    best = candidate
    bestDistance = distance
  }
  return best
}

private func edits(from a: [Unicode.Scalar], to b: [Unicode.Scalar]) -> Int {
  var beforePrevious = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  var current = previous
  for i in 0..<a.count {
    current[0] = i + 1
    for j in 0..<b.count {
      var cost = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforePrevious[j - 1] + 1) }
      current[j + 1] = cost
    }
    (beforePrevious, previous, current) = (previous, current, beforePrevious)
  }
  return previous[b.count]
}
