/// The name in `names` that `name` is most likely a misspelling of, nil when none is close.
///
/// Close means: within a third of its length in edits (a letter changed, left out, added, or two swapped), ignoring case.
package func nearestName(to name: String, in names: some Sequence<String>) -> String? {
  if name.isEmpty { return nil }
  let wanted = Array(name.lowercased())
  let limit = max(1, (wanted.count + 1) / 3)
  var best: (name: String, distance: Int)?
  for candidate in names {
    let letters = Array(candidate.lowercased())
    if abs(letters.count - wanted.count) > limit { continue }
    let distance = editDistance(wanted, letters)
    if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

/// The optimal string alignment distance: edits of one letter and swaps of neighbours.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in 1...a.count {
    var row = [i]
    for j in 1...b.count {
      let replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      var distance = min(replaced, last[j] + 1, row[j - 1] + 1)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { distance = min(distance, beforeLast[j - 2] + 1) }
      row.append(distance)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
