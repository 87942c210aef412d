import LimnNN
import LimnTensor

/// The denoiser of Stable Diffusion 1 and 2: predicts noise (or velocity) from a noisy latent, a time and the words.
///
/// A value made from a map of weights; making it again with some parameters traced costs no memory and shares the rest.
///
/// - Source: Rombach et al. 2022, arXiv:2112.10752; keys as in diffusers' `UNet2DConditionModel`.
package struct UNet: Sendable {
  package let config: UNetConfig
  let timeEmbedding: TimestepEmbedding
  let convIn: Conv2d
  let downBlocks: [DownBlock]
  let midBlock: MidBlock?
  let upBlocks: [UpBlock]
  let normOut: GroupNorm
  let convOut: Conv2d

  /// Further inputs of an evaluation that most have none of.
  package struct Options {
    /// A ControlNet's residuals, added to each skip of the way down, outermost first, and to the middle.
    package var downResiduals: [Tensor] = []
    package var midResidual: Tensor?
    /// Keeps the words' keys and values from one step to the next.
    package var cache: ContextCache?

    package init() {}
  }

  /// - Throws: ``FormatError`` when the config asks for what is not implemented, or a tensor is missing or has another shape.
  package init(config json: JSON, weights: WeightReader) throws {
    try self.init(config: UNetConfig(json), weights: weights)
  }

  /// - Throws: ``FormatError`` when a tensor is missing or has another shape.
  package init(config: UNetConfig, weights: WeightReader) throws {
    var builder = UNetBuilder(config: config, weights: weights)
    self.config = config
    timeEmbedding = try TimestepEmbedding(
      weights.scoped("time_embedding"), features: config.channels[0], outputs: config.timeFeatures,
      cosineFirst: config.cosineFirst, frequencyShift: config.frequencyShift)
    convIn = try Conv2d(weights.scoped("conv_in"), inputs: config.inChannels, outputs: config.channels[0])
    downBlocks = try config.channels.indices.map { try builder.down($0) }
    midBlock = config.hasMidBlock ? try builder.mid() : nil
    upBlocks = try config.channels.indices.map { try builder.up($0) }
    normOut = try GroupNorm(
      weights.scoped("conv_norm_out"), channels: config.channels[0], groups: config.groups, epsilon: config.epsilon)
    convOut = try Conv2d(weights.scoped("conv_out"), inputs: config.channels[0], outputs: config.outChannels)
  }

  /// Returns the model's own prediction for each row: noise or velocity, whichever it was trained for.
  ///
  /// - Shape: `x [N, inChannels, h, w]` with any sides, `context [N, T, D]` (or one row for all) → `[N, outChannels, h, w]`.
  /// - Units: timesteps are training steps, one for all rows or one a row; fractions are allowed.
  /// - Parameter attention: Watches and edits the attention layers; nothing is kept without it.
  /// - Throws: ``ShapeError`` for inputs that do not fit the model; `CancellationError`; what an attention edit throws.
  /// - Gradient: in `x`, `context`, the residuals and every traced parameter.
  package func callAsFunction(
    _ x: Tensor, timesteps: [Float], context: Tensor, attention: AttentionObserver? = nil,
    cancellation: Cancellation? = nil, options: Options = Options()
  ) throws -> Tensor {
    let rows = x.shape.rank == 4 ? x.shape[0] : 0
    let context = try checked(x, timesteps, context)
    let times = timesteps.count == rows ? timesteps : Array(repeating: timesteps[0], count: rows)
    // Every resnet reads the embedding after SiLU, so it is taken once here. Equal times share one row.
    let shared = times.allSatisfy { $0 == times[0] } ? [times[0]] : times
    let call = UNetCall(
      time: timeEmbedding(shared).silu(), context: context,
      attention: AttentionCall(observer: attention, cache: options.cache))
    func checkpoint() throws { if cancellation?.isCancelled == true { throw CancellationError() } }

    var hidden = convIn(config.centersInput ? 2 * x - 1 : x)
    var skips = [hidden]
    for block in downBlocks {
      try checkpoint()
      hidden = try block(hidden, skips: &skips, call: call)
    }
    try add(options.downResiduals, to: &skips)
    try checkpoint()
    if let midBlock { hidden = try midBlock(hidden, call: call) }
    if let residual = options.midResidual { hidden = hidden + residual }
    for block in upBlocks {
      try checkpoint()
      hidden = try block(hidden, skips: &skips, call: call)
    }
    return convOut(normOut(hidden, silu: true))
  }

  private func add(_ residuals: [Tensor], to skips: inout [Tensor]) throws {
    guard !residuals.isEmpty else { return }
    guard residuals.count == skips.count else {
      throw ShapeError("unet: found \(residuals.count) control residuals, expected \(skips.count), one a skip")
    }
    for (index, residual) in residuals.enumerated() {
      guard residual.shape == skips[index].shape else {
        throw ShapeError("unet: control residual \(index) is \(residual.shape), expected \(skips[index].shape)")
      }
      skips[index] = skips[index] + residual
    }
  }

  /// Checks the inputs against the config; returns the words with one row for each row of `x`.
  private func checked(_ x: Tensor, _ timesteps: [Float], _ context: Tensor) throws -> Tensor {
    guard x.shape.rank == 4, x.shape[1] == config.inChannels, x.shape.count > 0 else {
      throw ShapeError("unet: the latent is \(x.shape), expected [N, \(config.inChannels), H, W]")
    }
    let rows = x.shape[0]
    guard timesteps.count == rows || timesteps.count == 1 else {
      throw ShapeError("unet: found \(timesteps.count) timesteps for \(rows) rows, expected 1 or \(rows)")
    }
    guard context.shape.rank == 3, context.shape[2] == config.contextFeatures, context.shape[0] == rows || context.shape[0] == 1,
      context.shape[1] > 0
    else {
      throw ShapeError("unet: the words are \(context.shape), expected [\(rows), T, \(config.contextFeatures)]")
    }
    guard context.shape[0] != rows else { return context }
    return context.expanded([rows, context.shape[1], context.shape[2]])
  }
}
