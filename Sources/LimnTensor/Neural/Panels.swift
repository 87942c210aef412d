import CLimnKernels

/// A weight laid out as products read it: in f32, in the half width it came in (widened inside the product, exactly), or as
/// pairs for the unit that multiplies bf16.
struct Panels: @unchecked Sendable {
  let storage: Storage
  private let form: Form

  private enum Form {
    case panels(limn_pack_kind)
    case unit
  }

  /// From so many elements on, memory counts: half width is kept, and no second layout for gradients. Smaller weights stay in cache, where
  /// to widen them each time costs more than to read them.
  static let leastLarge = 1 << 18
  /// From so many on, a model asked to be bf16 has its weights rounded where no unit does it.
  private static let leastRounded = 1 << 16
  /// Sides shorter than a tile of the unit are not worth its rounding.
  private static let leastUnitSide = 16

  /// How a weight [k, n] of this type is laid out.
  private init(k: Int, n: Int, dtype: DType, precision: Precision, unitBytes: () -> Int) {
    if precision == .bf16, limn_bf16_current() != LIMN_BF16_NONE, min(k, n) >= Self.leastUnitSide {
      form = .unit
      storage = Storage(byteCount: unitBytes())
      return
    }
    let kind =
      switch dtype {
      case _ where k * n < (precision == .f32 ? Self.leastLarge : Self.leastRounded): LIMN_PACK_F32
      case .f16 where precision == .f32: LIMN_PACK_F16
      case .f16, .f32: precision == .bf16 ? LIMN_PACK_BF16 : LIMN_PACK_F32
      default: LIMN_PACK_BF16
      }
    form = .panels(kind)
    storage = Storage(byteCount: limn_gemm_packed_bytes(kind, k, n))
  }

  /// A matrix [k, n] with any strides.
  init(matrix: Tensor, precision: Precision) {
    let w = matrix.inHalfOrFloat()
    let (k, n) = (w.shape[0], w.shape[1])
    self.init(k: k, n: n, dtype: w.dtype, precision: precision) { limn_bf16_gemm_packed_bytes(k, n) }
    let dtype = w.dtype.kernelType
    withExtendedLifetime(w.storage) {
      switch form {
      case .unit: limn_bf16_gemm_pack(k, n, dtype, w.pointer(UInt8.self), w.strides[0], w.strides[1], storage.bytes)
      case .panels(let kind): limn_gemm_pack(kind, k, n, dtype, w.pointer(UInt8.self), w.strides[0], w.strides[1], storage.bytes)
      }
    }
  }

  /// The windows of a convolution [O, I, kh, kw]; turned by half a turn, with inputs and outputs exchanged, for the gradient in x.
  init(windows: Tensor, turned: Bool, precision: Precision) {
    let w = windows.inHalfOrFloat().contiguous()
    let s = w.shape
    let (k, n) = turned ? (s[2] * s[3] * s[0], s[1]) : (s[2] * s[3] * s[1], s[0])
    let isTurned: Int32 = turned ? 1 : 0
    self.init(k: k, n: n, dtype: w.dtype, precision: min(s[0], s[1]) < Self.leastUnitSide ? .f32 : precision) {
      limn_bf16_conv_packed_bytes(s[0], s[1], s[2], s[3], isTurned)
    }
    let dtype = w.dtype.kernelType
    withExtendedLifetime(w.storage) {
      switch form {
      case .unit: limn_bf16_conv_pack(s[0], s[1], s[2], s[3], dtype, w.pointer(UInt8.self), isTurned, storage.bytes)
      case .panels(let kind): limn_conv_pack(kind, s[0], s[1], s[2], s[3], dtype, w.pointer(UInt8.self), isTurned, storage.bytes)
      }
    }
  }

  var byteCount: Int { storage.byteCount }

  /// C = A · B.
  func multiply(
    _ shape: inout limn_gemm_shape, _ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ epilogue: UnsafePointer<limn_epilogue>?
  ) {
    withExtendedLifetime(storage) {
      switch form {
      case .unit: limn_bf16_gemm(&shape, a, storage.bytes, c, epilogue)
      case .panels(let kind): limn_gemm_packed(&shape, a, kind, storage.bytes, c, epilogue)
      }
    }
  }

  /// y = x * windows over channels-last pictures.
  func convolve(
    _ shape: inout limn_conv_shape, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ epilogue: UnsafePointer<limn_epilogue>?
  ) {
    withExtendedLifetime(storage) {
      switch form {
      case .unit: limn_bf16_conv(&shape, x, storage.bytes, y, epilogue)
      case .panels(let kind):
        let isPlain = shape.kh * shape.kw * shape.stride * shape.dilation == 1 && shape.top + shape.left == 0
        guard isPlain, shape.doubled == 0, shape.oh == shape.h, shape.ow == shape.w else {
          limn_conv_packed(&shape, x, kind, storage.bytes, y, epilogue)
          return
        }
        // One tap: pixels are the rows of a plain matrix.
        var product = limn_gemm_shape(
          m: shape.n * shape.oh * shape.ow, n: shape.o, k: shape.i, a_row: shape.i, a_column: 1, c_row: shape.o)
        limn_gemm_packed(&product, x, kind, storage.bytes, y, epilogue)
      }
    }
  }
}

extension Tensor {
  /// The same in a type that weights are packed from.
  fileprivate func inHalfOrFloat() -> Tensor { [.f32, .f16, .bf16].contains(dtype) ? detached() : asFloat() }
}

extension DType {
  /// ORDER: limn_dtype in limn_layout.h.
  fileprivate var kernelType: limn_dtype { limn_dtype(UInt32(rawValue)) }
}
