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
    /// Whether rows may be evaluated side by side on several threads: no weight is traced. The bytes are the same.
    package var mayPartRows = false

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
  /// There may be fewer latents than rows of words, as in guidance: row r then reads latent r % M, with the bytes that
  /// repeated latents would give. What comes before the first layer that looks at the words is computed once a latent.
  ///
  /// - Shape: `x [M, inChannels, h, w]` with any sides, `context [N, T, D]` (or one row for all), M a divisor of N →
  ///   `[N, outChannels, h, w]`.
  /// - Units: timesteps are training steps, one for all rows or one a row; fractions are allowed.
  /// - Parameter attention: Watches and edits the attention layers; nothing is kept without it.
  /// - Throws: ``ShapeError`` for inputs that do not fit the model; `CancellationError`; what an attention edit throws.
  /// - Gradient: in `x`, `context`, the residuals and every traced parameter.
  package func callAsFunction(
    _ x: Tensor, timesteps: [Float], context: Tensor, attention: AttentionObserver? = nil,
    cancellation: Cancellation? = nil, options: Options = Options()
  ) throws -> Tensor {
    let (rows, context) = try checked(x, timesteps, context)
    if let together = try sideBySide(
      x, rows: rows, timesteps: timesteps, context: context, attention: attention, cancellation: cancellation, options: options)
    {
      return together
    }
    // Equal times share one row of the embedding. Every resnet reads it after SiLU, so that is taken once here.
    let isOneTime = timesteps.allSatisfy { $0 == timesteps[0] }
    let call = UNetCall(
      time: timeEmbedding(isOneTime ? [timesteps[0]] : timesteps).silu(), context: context,
      attention: AttentionCall(observer: attention, cache: options.cache))
    func checkpoint() throws { if cancellation?.isCancelled == true { throw CancellationError() } }

    // An observer counts rows, and other times need rows of their own, before words come in.
    let x = isOneTime && attention?.watchesOwn != true ? x : x.repeated(rows: rows)
    var hidden = convIn(config.centersInput ? 2 * x - 1 : x)
    var skips = [hidden]
    for block in downBlocks {
      try checkpoint()
      hidden = try block(hidden, skips: &skips, call: call)
    }
    try add(options.downResiduals, to: &skips, rows: rows)
    try checkpoint()
    if let midBlock { hidden = try midBlock(hidden, call: call) }
    if let residual = options.midResidual {
      hidden = hidden.repeated(rows: rows)
      guard residual.shape == hidden.shape else {
        throw ShapeError("unet: the control residual of the middle is \(residual.shape), expected \(hidden.shape)")
      }
      hidden = hidden + residual
    }
    for block in upBlocks {
      try checkpoint()
      hidden = try block(hidden, skips: &skips, call: call)
    }
    return convOut(normOut(hidden, silu: true)).repeated(rows: rows)
  }

  private func add(_ residuals: [Tensor], to skips: inout [Tensor], rows: Int) throws {
    guard !residuals.isEmpty else { return }
    guard residuals.count == skips.count else {
      throw ShapeError("unet: found \(residuals.count) control residuals, expected \(skips.count), one a skip")
    }
    for (index, residual) in residuals.enumerated() {
      skips[index] = skips[index].repeated(rows: rows)
      guard residual.shape == skips[index].shape else {
        throw ShapeError("unet: control residual \(index) is \(residual.shape), expected \(skips[index].shape)")
      }
      skips[index] = skips[index] + residual
    }
  }

  /// Checks the inputs against the config; returns how many rows there are, and the words with as many.
  private func checked(_ x: Tensor, _ timesteps: [Float], _ context: Tensor) throws -> (rows: Int, context: Tensor) {
    guard x.shape.rank == 4, x.shape[1] == config.inChannels, x.shape.count > 0 else {
      throw ShapeError("unet: the latent is \(x.shape), expected [N, \(config.inChannels), H, W]")
    }
    let latents = x.shape[0]
    guard context.shape.rank == 3, context.shape[2] == config.contextFeatures, context.shape.count > 0,
      context.shape[0] == 1 || context.shape[0] % latents == 0
    else {
      throw ShapeError("unet: the words are \(context.shape), expected [\(latents), T, \(config.contextFeatures)]")
    }
    let rows = max(latents, context.shape[0])
    guard timesteps.count == rows || timesteps.count == 1 else {
      throw ShapeError("unet: found \(timesteps.count) timesteps for \(rows) rows, expected 1 or \(rows)")
    }
    return (rows, context.shape[0] == rows ? context : context.expanded([rows, context.shape[1], context.shape[2]]))
  }
}
