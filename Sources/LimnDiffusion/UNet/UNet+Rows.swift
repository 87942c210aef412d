import LimnTensor

extension UNet {
  /// Up to so many numbers in a row's first hidden layer, rows side by side are faster than layers shared out: 20² cells of Stable Diffusion.
  private static let smallRow = 1 << 17

  /// Evaluates some rows on each thread, all layers of them; nil where that does not pay or cannot be.
  ///
  /// A layer of a small model takes less time than telling another thread of it. The bytes are the same: no row's depend on the others.
  func sideBySide(
    _ x: Tensor, rows: Int, timesteps: [Float], context: Tensor, attention: AttentionObserver?, cancellation: Cancellation?, options: Options
  ) throws -> Tensor? {
    let groups = min(ThreadPool.threads, rows)
    guard options.mayPartRows, groups > 1, config.channels[0] * x.shape[2] * x.shape[3] <= Self.smallRow else { return nil }
    guard !x.isTraced, !context.isTraced, options.downResiduals.isEmpty, options.midResidual == nil, attention?.canPartRows != false else { return nil }
    let bounds = (0...groups).map { $0 * rows / groups }
    let x = x.repeated(rows: rows)
    let parts = (0..<groups).map { group -> Part in
      let (from, to) = (bounds[group], bounds[group + 1])
      var own = Options()
      own.cache = options.cache?.part(group)
      return Part(
        x: x.sliced(axis: 0, from: from, to: to), timesteps: timesteps.count == 1 ? timesteps : Array(timesteps[from..<to]),
        context: context.sliced(axis: 0, from: from, to: to), attention: attention?.part(from..<to), options: own)
    }
    let results = try ThreadPool.concurrently(groups) { group in
      let part = parts[group]
      return try self(part.x, timesteps: part.timesteps, context: part.context, attention: part.attention, cancellation: cancellation, options: part.options)
    }
    for part in parts { if let watched = part.attention { attention?.take(watched) } }
    return .concatenated(results, axis: 0)
  }
}

/// What one thread evaluates. Nothing in it is another's.
private struct Part: @unchecked Sendable {
  let x: Tensor
  let timesteps: [Float]
  let context: Tensor
  let attention: AttentionObserver?
  let options: UNet.Options
}
