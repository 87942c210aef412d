/// Returns the candidate most likely meant by a misspelled word, or nil when none is near enough to suggest.
///
/// Counts insertions, deletions, substitutions and swaps of neighbours (Damerau–Levenshtein, optimal string alignment);
/// letter case counts half. One edit is allowed up to five letters (none for a single letter), then one for every three.
/// Among equals the first candidate wins, so that messages are the same each time: pass them in a fixed order.
///
///     nearest(to: "guidence", in: ["guidance", "seed"])   // "guidance"
///
/// - Complexity: O(n · m · candidates), with hopeless lengths skipped.
package func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
  let wanted = Array(word.unicodeScalars)
  let allowed = wanted.count <= 1 ? 0 : wanted.count <= 5 ? 2 : 2 * (wanted.count / 3)  // in half edits
  var best: String?
  var bestDistance = allowed + 1
  for candidate in candidates where candidate != word {
    let scalars = Array(candidate.unicodeScalars)
    guard 2 * abs(scalars.count - wanted.count) < bestDistance else { continue }
    let distance = halfEdits(from: wanted, to: scalars)
    // A suggestion that shares nothing ("ab" for "cb" of two letters) helps nobody.
    guard distance < bestDistance, distance < 2 * min(scalars.count, wanted.count) else { continue }
    best = candidate
    bestDistance = distance
  }
  return best
}

/// The edit distance in halves, so that a difference of case can count less than a wrong letter.
private func halfEdits(from a: [Unicode.Scalar], to b: [Unicode.Scalar]) -> Int {
  var beforePrevious = [Int](repeating: 0, count: b.count + 1)
  var previous = (0...b.count).map { 2 * $0 }
  var current = previous
  for i in 0..<a.count {
    current[0] = 2 * (i + 1)
    for j in 0..<b.count {
      let substitution = a[i] == b[j] ? 0 : a[i].properties.lowercaseMapping == b[j].properties.lowercaseMapping ? 1 : 2
      var cost = min(previous[j] + substitution, previous[j + 1] + 2, current[j] + 2)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforePrevious[j - 1] + 2) }
      current[j + 1] = cost
    }
    (beforePrevious, previous, current) = (previous, current, beforePrevious)
  }
  return previous[b.count]
}
