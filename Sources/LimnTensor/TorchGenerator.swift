import CLimnKernels

/// One of the values that name a stream of random numbers.
package enum StreamKey: Hashable, Sendable {
  case int(Int)
  case float(Double)
  case string(String)
}

/// Random numbers equal to torch's CPU generator, bit for bit.
///
/// Draws move the generator; a tensor is filled in logical (row-major) order in f32. One thread uses it at a time.
///
///     let rng = TorchGenerator(seed: 7)
///     let noise = rng.randn([1, 4, 16, 16])    // torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(7))
package final class TorchGenerator: @unchecked Sendable {
  private var twister = limn_twister()

  /// The generator after `manual_seed(seed)`: only the low 32 bits count.
  package init(seed: Int64) { limn_twister_seed(&twister, UInt32(truncatingIfNeeded: seed)) }

  /// The independent stream of these keys: the same keys give the same stream, other keys another.
  ///
  /// The hash, so that others can make the same streams. Each key becomes bytes: one for its kind (1 int, 2 float, 3 string), then eight of its value,
  /// little-endian (for a float its IEEE bits, -0 as 0; for a string the count of its UTF-8 bytes, followed by those). With the bytes b in order,
  /// h = 0xcbf29ce484222325, then h = (h xor b) · 0x100000001b3 mod 2⁶⁴ (FNV-1a, 64 bits). Four outputs of SplitMix64 started at h give eight
  /// words, the low half of each first, and the twister is seeded by init_by_array with these.
  package init(keys: [StreamKey]) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func absorb(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    func absorb(_ kind: UInt8, _ value: UInt64) {
      absorb(kind)
      for i in 0..<8 { absorb(UInt8(truncatingIfNeeded: value >> (8 * UInt64(i)))) }
    }
    for key in keys {
      switch key {
      case .int(let value): absorb(1, UInt64(bitPattern: Int64(value)))
      case .float(let value): absorb(2, value == 0 ? 0 : value.bitPattern)
      case .string(let text):
        absorb(3, UInt64(text.utf8.count))
        text.utf8.forEach { absorb($0) }
      }
    }
    var words: [UInt32] = []
    for _ in 0..<4 {
      hash &+= 0x9e37_79b9_7f4a_7c15
      var z = hash
      z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
      z ^= z >> 31
      words += [UInt32(truncatingIfNeeded: z), UInt32(truncatingIfNeeded: z >> 32)]
    }
    limn_twister_seed_words(&twister, words, words.count)
  }

  private init(_ twister: limn_twister) { self.twister = twister }

  /// A generator that goes on as this one would, by itself.
  package func copy() -> TorchGenerator { TorchGenerator(twister) }

  /// Everything the next draws depend on.
  package struct State: Hashable, Sendable {
    /// The 624 words of the twister.
    package let words: [UInt32]
    /// How many of them are used.
    package let position: Int
    /// The normal number that waits for the next small draw.
    package let waitingNormal: Double?

    /// - Throws: `ShapeError` if these cannot be a generator's state (a damaged file).
    package init(words: [UInt32], position: Int, waitingNormal: Double?) throws {
      guard words.count == 624, (0...624).contains(position) else {
        throw ShapeError("random state: \(words.count) words and position \(position), expected 624 and at most 624")
      }
      self.words = words
      self.position = position
      self.waitingNormal = waitingNormal
    }
  }

  package var state: State {
    get {
      let words = withUnsafeBytes(of: &twister.words) { Array($0.bindMemory(to: UInt32.self)) }
      return try! State(words: words, position: Int(twister.position), waitingNormal: twister.has_normal != 0 ? twister.normal : nil)
    }
    set {
      withUnsafeMutableBytes(of: &twister.words) { to in newValue.words.withUnsafeBytes { to.copyMemory(from: $0) } }
      twister.position = Int32(newValue.position)
      twister.has_normal = newValue.waitingNormal == nil ? 0 : 1
      twister.normal = newValue.waitingNormal ?? 0
    }
  }

  /// Normal numbers of mean 0 and deviation 1, as torch.randn.
  package func randn(_ shape: Shape) -> Tensor {
    let result = Tensor.uninitialized(shape)
    limn_randn_f32(&twister, result.mutablePointer(), result.count)
    return result
  }

  /// Numbers evenly from 0 to below 1, as torch.rand.
  package func rand(_ shape: Shape) -> Tensor {
    let result = Tensor.uninitialized(shape)
    limn_rand_f32(&twister, result.mutablePointer(), result.count)
    return result
  }

  /// Whole numbers evenly from `low` to below `high`, as torch.randint. i64.
  ///
  /// - Traps: if `high` is not above `low`.
  package func randint(_ low: Int, _ high: Int, _ shape: Shape) -> Tensor {
    precondition(high > low, "randint: \(high) is not above \(low)")
    let result = Tensor.uninitialized(shape, dtype: .i64)
    limn_randint_i64(&twister, Int64(low), UInt64(bitPattern: Int64(high &- low)), result.mutablePointer(), result.count)
    return result
  }

  /// 0, 1, … n − 1 in random order, as torch.randperm. i64.
  package func randperm(_ n: Int) -> Tensor {
    let result = Tensor.uninitialized([n], dtype: .i64)
    limn_randperm_i64(&twister, result.mutablePointer(), n)
    return result
  }
}
