import CLimnKernels
import Foundation
import LimnTensor
import Synchronization
import Testing

@Suite struct PoolTests {
  final class Counts: Sendable {
    let done: Mutex<[Int]>
    init(_ n: Int) { done = Mutex(Array(repeating: 0, count: n)) }
  }

  private func run(_ n: Int, _ counts: Counts) {
    limn_pool_run(
      n, { context, i in Unmanaged<Counts>.fromOpaque(context!).takeUnretainedValue().done.withLock { $0[i] += 1 } },
      Unmanaged.passUnretained(counts).toOpaque())
  }

  @Test(arguments: [1, 2, 3, 8]) func everyTaskRunsOnce(_ threads: Int) {
    withThreads(threads) {
      for n in [0, 1, 2, 7, 100] + Array(repeating: 3, count: 2000) {
        let counts = Counts(n)
        run(n, counts)
        #expect(counts.done.withLock { $0 } == Array(repeating: 1, count: n))
      }
    }
  }

  @Test func callersFromManyThreadsDoNotMix() async {
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask {
          (0..<500).allSatisfy { k in
            let counts = Counts(k % 9)
            PoolTests().run(k % 9, counts)
            return counts.done.withLock { $0.allSatisfy { $0 == 1 } }
          }
        }
      }
      for await right in group { #expect(right) }
    }
  }

  @Test func tasksMayStartTasks() {
    let x = withThreads(3) {
      let counts = Counts(5)
      limn_pool_run(
        5,
        { context, i in
          limn_pool_run(5, { inner, k in Unmanaged<Counts>.fromOpaque(inner!).takeUnretainedValue().done.withLock { $0[k] += 1 } }, context)
        }, Unmanaged.passUnretained(counts).toOpaque())
      return counts.done.withLock { $0 }
    }
    #expect(x == [5, 5, 5, 5, 5])
  }

  @Test func theNumberOfThreadsIsKept() {
    withThreads(5) { #expect(ThreadPool.threads == 5) }
  }

  private static let picture = OpCase.inputs([[1, 64, 24, 24]], -1...1, seed: 1)[0]
  private static let packed = PackedConv(weight: OpCase.inputs([[64, 64, 3, 3]], -1...1, seed: 2)[0])

  /// Each thread that computes gets some megabytes of scratch; they go when it ends.
  @Test func aThreadsScratchEndsWithIt() throws {
    func resident() throws -> Int {
      let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
      return Int(pages)! * sysconf(Int32(_SC_PAGESIZE))
    }
    func inThreads(_ count: Int) {
      for _ in 0..<count {
        var thread = pthread_t()
        pthread_create(
          &thread, nil,
          { _ in
            _ = conv2d(PoolTests.picture, packed: PoolTests.packed, bias: nil, padding: 1)
            return nil
          }, nil)
        pthread_join(thread, nil)
      }
    }
    inThreads(4)
    let before = try resident()
    inThreads(100)
    #expect(try resident() - before < 50 << 20)
  }
}
