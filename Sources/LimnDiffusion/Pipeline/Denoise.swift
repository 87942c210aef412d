import LimnTensor

/// What a model says about latents at their timesteps, in three forms, a row each.
package struct Prediction: Sendable {
  /// The model's own output, `[N, C, h, w]`.
  package let raw: Tensor
  /// The latents it is about.
  package let z: Tensor
  /// One timestep a row.
  package let timesteps: [Timestep]
  /// Captured attention, if any was asked for.
  package let maps: AttentionMaps?

  /// The noise ε.
  package var eps: Tensor { form(.epsilon) }
  /// The clean latents.
  package var x0: Tensor { form(.sample) }
  /// v = α·ε − σ·z0.
  package var v: Tensor { form(.velocity) }

  /// One row by itself.
  package subscript(row: Int) -> Prediction {
    Prediction(
      raw: raw.sliced(axis: 0, from: row, to: row + 1), z: z.sliced(axis: 0, from: row, to: row + 1),
      timesteps: [timesteps[row]], maps: maps?[row])
  }

  private func form(_ kind: PredictionKind) -> Tensor {
    guard kind != timesteps[0].prediction else { return raw }
    let first = timesteps[0]
    if timesteps.allSatisfy({ $0.alpha == first.alpha && $0.sigma == first.sigma }) {
      return first.prediction.converted(raw, to: kind, z: z, alpha: first.alpha, sigma: first.sigma)
    }
    return Tensor.concatenated(timesteps.indices.map { self[$0].form(kind) }, axis: 0)
  }
}

extension Model {
  /// What an evaluation of the UNet does besides predicting.
  package struct DenoiseOptions {
    package var capture = Capture()
    /// Replaces attention probabilities, layer by layer.
    package var edit: AttentionObserver.Edit?
    /// For an inpainting UNet: mask and hidden picture, `[N or 1, 5, h, w]`.
    package var extraChannels: Tensor?
    package var cancellation: Cancellation?
    package var unet = UNet.Options()

    package init() {}
  }

  /// Evaluates the UNet on latents, without guidance.
  ///
  /// One latent with several prompts is taken for each; one prompt or timestep serves all rows.
  ///
  /// - Shape: `z [N, C, h, w]`, N rows of prompts and timesteps or one.
  /// - Throws: ``PipelineError`` if the numbers of rows disagree; ``PromptError`` for a captured word that does not occur;
  ///   ``ShapeError`` for latents that do not fit; `CancellationError`.
  /// - Gradient: in `z`, the condition and every traced weight.
  package func denoise(
    _ z: Tensor, at timesteps: [Timestep], _ condition: Condition, _ options: DenoiseOptions = DenoiseOptions()
  ) throws -> Prediction {
    let rows = max(z.shape.rank > 0 ? z.shape[0] : 0, condition.count, timesteps.count)
    for (what, count) in [("latents", z.shape[0]), ("prompts", condition.count), ("timesteps", timesteps.count)]
    where count != rows && count != 1 {
      throw PipelineError("denoise: found \(count) \(what) for \(rows) rows, expected 1 or \(rows)")
    }
    let z = z.shape[0] == rows ? z : z.expanded(Shape([rows] + z.shape.dims.dropFirst()))
    let timesteps = timesteps.count == rows ? timesteps : Array(repeating: timesteps[0], count: rows)
    let prompts = condition.count == rows ? condition.prompts : Array(repeating: condition.prompts[0], count: rows)
    var observer: AttentionObserver?
    if !options.capture.isEmpty || options.edit != nil {
      let kept = options.capture.isEmpty ? [] : try options.capture.rows(prompts: prompts, negatives: [])
      observer = AttentionObserver(
        rows: kept, kinds: options.capture.kinds, blocks: options.capture.blocks, edit: options.edit)
    }
    var options = options
    options.unet.mayPartRows = !isTraced
    let raw = try unet(
      try inpaintingInput(z, options.extraChannels), timesteps: timesteps.map(\.value), context: condition.tensor,
      attention: observer, cancellation: options.cancellation, options: options.unet)
    let maps = options.capture.isEmpty ? nil : observer.map {
      AttentionMaps(
        record: $0.record, capture: options.capture, prompts: prompts, negatives: [], height: z.shape[2], width: z.shape[3])
    }
    return Prediction(raw: raw, z: z, timesteps: timesteps, maps: maps)
  }

  /// The latents with what an inpainting UNet sees besides, `[N, 9, h, w]`.
  func inpaintingInput(_ z: Tensor, _ extra: Tensor?) throws -> Tensor {
    let wanted = unet.config.inChannels - latentChannels
    guard let extra else {
      guard wanted == 0 else {
        throw PipelineError("'\(name)' is an inpainting model of \(unet.config.inChannels) channels, found no picture; give image: and mask:")
      }
      return z
    }
    let rows = extra.shape[0] == z.shape[0] ? extra : extra.expanded(Shape([z.shape[0]] + extra.shape.dims.dropFirst()))
    return Tensor.concatenated([z, rows], axis: 1)
  }
}
