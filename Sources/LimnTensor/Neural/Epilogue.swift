import CLimnKernels

/// What follows a product or a convolution while its result is in cache, in this order; done as operations of their own
/// where gradients are recorded, with the same values.
package struct Epilogue {
  /// Added to every pixel of its picture: a time embedding. `[N, O]`, for convolutions.
  package var pictureBias: Tensor?
  /// Added to the result, of its shape: a shortcut.
  package var residual: Tensor?
  /// Whether SiLU follows.
  package var silu = false

  package init(pictureBias: Tensor? = nil, residual: Tensor? = nil, silu: Bool = false) {
    self.pictureBias = pictureBias
    self.residual = residual
    self.silu = silu
  }

  var isTraced: Bool { pictureBias?.isTraced == true || residual?.isTraced == true }

  /// The same as operations.
  package func applied(to y: Tensor) -> Tensor {
    var y = y
    if let pictureBias { y = y + pictureBias.unsqueezed(-1).unsqueezed(-1) }
    if let residual { y = y + residual }
    return silu ? y.silu() : y
  }
}

/// An epilogue with its tensors laid out as the kernel reads them.
struct EpiloguePlan {
  let bias, pictureBias, residual: Tensor?
  let rowsPerPicture, columns: Int
  let silu: Bool

  /// - Parameters:
  ///   - rows: Of the product.
  ///   - target: The result's shape; `[N, O, H, W]` is stored channels-last.
  init(bias: Tensor?, finish: Epilogue?, rows: Int, columns: Int, target: Shape) {
    self.columns = columns
    self.bias = bias?.floatContiguous()
    let pictures = target.rank == 4 ? target[0] : 1
    rowsPerPicture = max(rows / max(pictures, 1), 1)
    silu = finish?.silu ?? false
    pictureBias = finish?.pictureBias?.floatContiguous()
    if let pictureBias {
      precondition(
        target.rank == 4 && pictureBias.shape == [pictures, columns],
        "conv2d: the bias of pictures is \(pictureBias.shape), expected [\(pictures), \(columns)]")
    }
    residual = finish?.residual.map { $0.rank == 4 ? $0.asFloat().detached().channelsLast() : $0.floatContiguous() }
    if let residual {
      precondition(residual.shape == target, "the shortcut is \(residual.shape), expected \(target)")
    }
  }

  /// Calls `body` with what the kernel takes, nil if there is nothing to do.
  func withUnsafe(_ body: (UnsafePointer<limn_epilogue>?) -> Void) {
    if bias == nil && pictureBias == nil && residual == nil && !silu { return body(nil) }
    var epilogue = limn_epilogue()
    epilogue.bias = bias?.pointer()
    epilogue.group_bias = pictureBias?.pointer()
    epilogue.group_rows = rowsPerPicture
    epilogue.group_bias_stride = columns
    epilogue.residual = residual?.pointer()
    epilogue.residual_stride = columns
    epilogue.activation = silu ? Int32(LIMN_THEN_SILU.rawValue) : 0
    withExtendedLifetime((bias?.storage, pictureBias?.storage, residual?.storage)) {
      withUnsafePointer(to: epilogue) { body($0) }
    }
  }
}
