import LimnTensor

/// The rows of a guided evaluation: the unconditional half and the conditional one in one batch.
///
/// Holds the joint words and their projections over the steps of a run; belongs to one thread.
struct GuidanceRows {
  let isGuided: Bool
  private let context: Tensor
  private let cache = ContextCache()

  /// With a guidance of 1 the unconditional half would be multiplied by 0, so it is left out.
  init(_ condition: Condition, _ uncondition: Condition, guidance: Float) {
    isGuided = guidance != 1
    context = isGuided ? .concatenated([uncondition.tensor, condition.tensor], axis: 0) : condition.tensor
  }

  /// As above, for conditions that a caller chose.
  ///
  /// - Throws: ``PipelineError`` if they differ in length or width.
  init(checking condition: Condition, _ uncondition: Condition, guidance: Float) throws {
    let (a, b) = (condition.tensor.shape, uncondition.tensor.shape)
    guard guidance == 1 || (a[1] == b[1] && a[2] == b[2]) else {
      throw PipelineError("the condition is \(a) but the unconditional one is \(b); encode both to one length")
    }
    self.init(condition, uncondition, guidance: guidance)
  }

  /// The guided output, in the model's own form: u + w·(c − u). Ho and Salimans 2022, eq. 6 with w counted from 0.
  func guided(
    _ model: Model, _ z: Tensor, at t: Timestep, guidance: Float, rescale: Float, extraChannels: Tensor?,
    observer: AttentionObserver?, cancellation: Cancellation?
  ) throws -> Tensor {
    let pictures = z.shape[0]
    let input = try model.inpaintingInput(z, extraChannels)  // one latent for both halves: the UNet takes it twice
    var options = UNet.Options()
    options.cache = cache
    options.mayPartRows = !model.isTraced
    let output = try model.unet(
      input, timesteps: [t.value], context: context, attention: observer, cancellation: cancellation, options: options)
    guard isGuided else { return output }
    let negative = output.sliced(axis: 0, from: 0, to: pictures)
    let positive = output.sliced(axis: 0, from: pictures, to: 2 * pictures)
    let guided = negative + guidance * (positive - negative)
    guard rescale > 0 else { return guided }
    // Lin et al. 2024, eq. 15 and 16
    let ratio = (deviation(positive) / deviation(guided))
    return rescale * (guided * ratio) + (1 - rescale) * guided
  }

  /// The standard deviation of each row, `[N, 1, 1, 1]`.
  private func deviation(_ x: Tensor) -> Tensor {
    let centred = x - x.mean(axes: [1, 2, 3], keepDims: true)
    return (centred * centred).mean(axes: [1, 2, 3], keepDims: true).sqrt()
  }
}
