import CLimnKernels
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
}
