import CLimnKernels

/// The running moments of AdamW for one tensor: as f32, or in a byte each.
///
/// In bytes each 256 numbers share a scale; a byte stands for m = ±top·(q/127)⁴ or v = top·(q/255)⁴, finer near 0. That is a quarter of the memory, 2.03
/// bytes a learned number in the place of 8. After Dettmers et al. 2022, arXiv:2110.02861, who keep a table of steps in the place of powers.
package struct Moments: Sendable {
  /// What one update does; the numbers of ``limn_adamw``.
  package struct Rule: Sendable {
    package let decay, rate, take1, keep2, take2, root, epsilon: Float

    package init(decay: Float, rate: Float, take1: Float, keep2: Float, take2: Float, root: Float, epsilon: Float) {
      (self.decay, self.rate, self.take1, self.keep2, self.take2, self.root, self.epsilon) = (decay, rate, take1, keep2, take2, root, epsilon)
    }

    fileprivate var c: limn_adamw { limn_adamw(decay: decay, rate: rate, take1: take1, keep2: keep2, take2: take2, root: root, epsilon: epsilon) }
  }

  /// The greatest |m| and v of each block, f32 [blocks].
  package typealias Tops = (mean: Tensor, square: Tensor)

  /// f32 of the parameter's shape, or bytes with their scales.
  package private(set) var mean, square: Tensor
  private var meanTop, squareTop: Tensor?

  /// Nil for moments in f32.
  package var tops: Tops? { if let meanTop, let squareTop { (meanTop, squareTop) } else { nil } }

  /// No moments yet.
  package init(_ shape: Shape, inBytes: Bool) {
    guard inBytes else {
      (mean, square) = (.zeros(shape), .zeros(shape))
      return
    }
    let blocks = Self.blocks(shape.count)
    // 128 stands for 0 in the first moment, of which the sign is kept as well.
    mean = (Tensor.zeros(shape) + 128).converted(to: .u8)
    square = Tensor.zeros(shape).converted(to: .u8)
    (meanTop, squareTop) = (.zeros([blocks]), .zeros([blocks]))
  }

  /// Moments that were kept in a file.
  ///
  /// - Traps: when the parts do not belong together.
  package init(mean: Tensor, square: Tensor, tops: Tops?) {
    precondition(mean.shape == square.shape && mean.dtype == (tops == nil ? .f32 : .u8) && square.dtype == mean.dtype, "moments of \(mean.shape) and \(square.shape)")
    if let tops { precondition(tops.mean.count == Self.blocks(mean.count) && tops.square.count == tops.mean.count, "scales of \(tops.mean.shape) for \(mean.shape)") }
    (self.mean, self.square, meanTop, squareTop) = (mean, square, tops?.mean, tops?.square)
  }

  /// How many scales so many numbers have.
  package static func blocks(_ count: Int) -> Int { (count + Int(LIMN_MOMENT_BLOCK) - 1) / Int(LIMN_MOMENT_BLOCK) }

  /// Bytes of the moments of so many numbers.
  package static func bytes(_ count: Int, inBytes: Bool) -> Int { inBytes ? 2 * count + 8 * blocks(count) : 8 * count }

  /// Moves `values` by one update along `gradient`, both f32 of the moments' shape.
  package mutating func update(_ values: inout Tensor, gradient: Tensor, _ rule: Rule) {
    let count = Int64(values.count)
    gradient.withFloats { slope in
      values.withMutableFloats { x in
        guard meanTop != nil else {
          mean.withMutableFloats { m in square.withMutableFloats { v in limn_adamw_f32(x.baseAddress, slope.baseAddress, m.baseAddress, v.baseAddress, count, rule.c) } }
          return
        }
        mean.withMutableBytes { m in
          square.withMutableBytes { v in
            meanTop!.withMutableFloats { mTop in
              squareTop!.withMutableFloats { vTop in
                limn_adamw_u8(x.baseAddress, slope.baseAddress, m, mTop.baseAddress, v, vTop.baseAddress, count, rule.c)
              }
            }
          }
        }
      }
    }
  }
}

extension Tensor {
  /// Calls `body` with the elements of a u8 tensor in row-major order, to be changed in place. Copies first if another tensor shares them.
  fileprivate mutating func withMutableBytes<R>(_ body: (UnsafeMutablePointer<UInt8>) throws -> R) rethrows -> R {
    let alone = isContiguous && !storage.isForeign && isKnownUniquelyReferenced(&storage)
    if !alone { self = detached().copied(channelsLast: false) }
    return try withExtendedLifetime(storage) { try body(mutablePointer(UInt8.self)) }
  }
}
