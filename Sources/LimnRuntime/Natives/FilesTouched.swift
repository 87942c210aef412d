/// Which files the statements of an interpreter read and wrote: for the recipe in a picture, for `:save`, and for what
/// `:undo` lists. Every native that opens a file by name reports it here.
///
/// Paths are kept as the script wrote them: a recipe must not say where somebody's home is.
package final class FilesTouched {
  /// A file that was read.
  package struct Read {
    package let path: String
    /// The SHA-256 of its bytes in hex, if it is known or quick to get.
    package let quickHash: String?
    /// The SHA-256, however long it takes; nil when the bytes are out of reach.
    package let hash: () -> String?
  }

  /// A place in the list of reads and writes, to ask what came after it.
  package struct Mark {
    fileprivate let reads, writes: Int
  }

  private var allReads: [Read] = []
  private var allWrites: [String] = []
  /// Where each path was read last, and which were written: a program may go through a hundred thousand files.
  private var lastReads: [String: Int] = [:]
  private var written: Set<String> = []

  package init() {}

  /// A file was read whose bytes have this SHA-256.
  package func didRead(_ path: String, hash: String) {
    didRead(path, quickHash: hash) { hash }
  }

  /// A file was read whose hash may take long to work out, as that of a checkpoint.
  package func didRead(_ path: String, quickHash: String?, hash: @escaping () -> String?) {
    // What the program writes itself is no input of it.
    if written.contains(path) { return }
    // Read again and again in a loop it is still one file, unless its bytes have changed.
    if let known = lastReads[path], allReads[known].quickHash == quickHash { return }
    lastReads[path] = allReads.count
    allReads.append(Read(path: path, quickHash: quickHash, hash: hash))
  }

  /// A file was written.
  package func didWrite(_ path: String) {
    written.insert(path)
    allWrites.append(path)
  }

  package var mark: Mark { Mark(reads: allReads.count, writes: allWrites.count) }

  /// The files read so far, in the order of their first reading.
  package var reads: [Read] { allReads }

  /// The files read since a mark.
  package func reads(since mark: Mark) -> [Read] { Array(allReads.dropFirst(mark.reads)) }

  /// The files written since a mark, each once.
  package func writes(since mark: Mark) -> [String] {
    var seen: Set<String> = []
    return allWrites.dropFirst(mark.writes).filter { seen.insert($0).inserted }
  }

  /// Forgets what came after a mark: the statements have been undone.
  package func rewind(to mark: Mark) {
    allReads.removeLast(max(allReads.count - mark.reads, 0))
    allWrites.removeLast(max(allWrites.count - mark.writes, 0))
    written = Set(allWrites)
    lastReads = Dictionary(allReads.indices.map { (allReads[$0].path, $0) }) { $1 }
  }
}

extension Making {
  /// Which files this interpreter's statements touched.
  package var files: FilesTouched { service(FilesTouched.self) { FilesTouched() } }
}
