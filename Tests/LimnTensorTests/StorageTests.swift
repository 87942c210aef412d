import CLimnKernels
import Foundation
import LimnTensor
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite(.serialized) struct StorageTests {
  @Test func buffersAreAlignedAndUsedAgain() {
    for bytes in [0, 1, 64, 65, 257, 1000, 5000, 100_000, 1 << 20, 3_000_001, 40 << 20] {
      let first = limn_memory_take(bytes)!
      #expect(UInt(bitPattern: first) % 64 == 0)
      memset(first, 0xab, bytes)
      limn_memory_give(first, bytes)
    }
    let a = limn_memory_take(77 << 20)!
    limn_memory_give(a, 77 << 20)
    let b = limn_memory_take((77 << 20) - 5)!
    #expect(a == b)
    #expect(UInt(bitPattern: b) % (2 << 20) == 0)
    limn_memory_give(b, (77 << 20) - 5)
  }

  @Test func buffersInUseNeverOverlap() {
    var state: UInt64 = 1
    var live: [(UnsafeMutableRawPointer, Int, UInt8)] = []
    for i in 0..<20000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let bytes = 1 + Int(state >> 33) % (i % 50 == 0 ? 2_000_000 : 3000)
      let p = limn_memory_take(bytes)!, mark = UInt8(truncatingIfNeeded: i)
      memset(p, Int32(mark), bytes)
      live.append((p, bytes, mark))
      if live.count > 40 {
        let (q, size, expected) = live.remove(at: Int(state >> 40) % live.count)
        let bytes = UnsafeRawBufferPointer(start: q, count: size)
        #expect(bytes.first == expected && bytes.last == expected && bytes[size / 2] == expected)
        limn_memory_give(q, size)
      }
    }
    for (q, size, _) in live { limn_memory_give(q, size) }
  }

  @Test func threadsTakeAndGiveAtOnce() async {
    await withTaskGroup(of: Bool.self) { group in
      for id in 0..<4 {
        group.addTask {
          (0..<5000).allSatisfy { i in
            let x = Tensor.full([1 + (i * 37 + id) % 500], Float(id))
            return x.floats().allSatisfy { $0 == Float(id) }
          }
        }
      }
      for await right in group { #expect(right) }
    }
  }

  @Test func theMeterSeesWhatTensorsHold() throws {
    let size = 64 << 20
    let before = MemoryMeter.current
    var x: Tensor? = .uninitialized([size / 4])
    #expect(MemoryMeter.current >= before + size / 2)  // other suites give and take beside us
    #expect(MemoryMeter.peak >= before + size / 2)
    #expect(x?.count == size / 4)
    x = nil
    #expect(MemoryMeter.current < before + size / 2)
  }

  /// Spare buffers that do not fit make room for one that does, so that the process takes little more than what was in use at once.
  @Test func sparesDoNotRaiseThePeak() throws {
    func resident() throws -> Int {
      let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
      return Int(pages)! * sysconf(Int32(_SC_PAGESIZE)) >> 20
    }
    MemoryMeter.trim()
    MemoryMeter.resetPeak()
    let before = try resident()
    var several: [Tensor]? = (0..<3).map { _ in .ones([25 << 20]) }  // 100 MB each
    #expect(several?.count == 3)
    several = nil
    let one = Tensor.ones([80 << 20])
    #expect(try resident() - before < 320 + 64 + 60)
    #expect(one.count == 80 << 20)
    MemoryMeter.resetPeak()
  }

  @Test func theLimitIsAnErrorToCatch() throws {
    defer { MemoryMeter.limit = nil }
    let limit = MemoryMeter.current + (256 << 20)
    MemoryMeter.limit = limit
    try MemoryMeter.check()
    #expect(throws: MemoryError.self) { try MemoryMeter.require(1 << 30) }
    try MemoryMeter.require(1 << 20)
    let x = Tensor.uninitialized([128 << 20])  // 512 MiB, untouched
    #expect(throws: MemoryError.self) { try MemoryMeter.check() }
    try MemoryMeter.check()  // said once
    #expect(x.count == 128 << 20)
    #expect("\(MemoryError(needed: 3 << 30, limit: 1536 << 20))" == "out of memory: 3.0 GiB needed, the limit is 1.5 GiB")
  }

  @Test func foreignMemoryIsSeenNotCopiedAndNotWrittenTo() {
    final class Owner { let bytes = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16); deinit { bytes.deallocate() } }
    let owner = Owner()
    owner.bytes.storeBytes(of: SIMD4<Float>(1, 2, 3, 4), as: SIMD4<Float>.self)
    var x = Tensor(foreign: owner.bytes, owner: owner, shape: [2, 2], dtype: .f32)
    #expect(x.floats() == [1, 2, 3, 4] && x.storage.bytes == owner.bytes)
    x.withMutableFloats { $0[0] = 9 }
    #expect(owner.bytes.load(as: Float.self) == 1 && x.floats() == [9, 2, 3, 4])
  }
}
