extension Tensor {
  /// Summed over the axes along which `target` was broadcast to this shape.
  func summed(to target: Shape) -> Tensor { fatalError("reductions come next") }
}
