import LimnTensor

extension Model {
  /// Draws pictures: a run from start to finish.
  ///
  /// Stepping the same run by hand gives the same bytes.
  ///
  /// - Parameter progress: Called after each evaluation; what it throws ends the sampling.
  /// - Throws: as ``Run/init(_:_:cancellation:)`` and ``Run/step(eps:cancellation:)``.
  package func sample(
    _ request: SampleRequest, cancellation: Cancellation? = nil, progress: ((Run) throws -> Void)? = nil
  ) throws -> Run {
    try Run(self, request, cancellation: cancellation).finish(cancellation: cancellation, progress: progress)
  }
}
