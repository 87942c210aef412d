import LimnTensor

extension Model {
  /// The picture of latents, one row at a time so that memory is one picture's and a row's bytes are its own.
  ///
  /// - Shape: `[N, C, h, w]` → `[N, 3, H, W]`.
  /// - Units: 0…1.
  /// - Throws: ``ShapeError`` for latents of other channels; `CancellationError`.
  /// - Gradient: in `z` and traced weights.
  package func decode(_ z: Tensor, cancellation: Cancellation? = nil) throws -> Tensor {
    guard z.rank == 4, z.shape[0] > 0 else {
      throw ShapeError("decode: the latent is \(z.shape), expected [N, \(latentChannels), h, w]")
    }
    let scaled = z / vae.scalingFactor
    let rows = try (0..<z.shape[0]).map { row in
      let picture = try vae.decode(scaled.sliced(axis: 0, from: row, to: row + 1), cancellation: cancellation)
      return (picture / 2 + 0.5).clamped(0, 1)
    }
    return rows.count == 1 ? rows[0] : .concatenated(rows, axis: 0)
  }

  /// The latents of pictures: the mean of the encoder's distribution, or a draw from it.
  ///
  /// - Shape: `[N, 3, H, W]`, 0…1 → `[N, C, h, w]`.
  /// - Parameter generator: Draws; nil takes the mean.
  /// - Throws: ``ShapeError`` for pictures of other channels; `CancellationError`.
  /// - Gradient: in the picture and traced weights.
  package func encodeImage(
    _ image: Tensor, generator: TorchGenerator? = nil, cancellation: Cancellation? = nil
  ) throws -> Tensor {
    let (mean, logvar) = try vae.encode(2 * image - 1, cancellation: cancellation)
    guard let generator else { return mean * vae.scalingFactor }
    return (mean + (0.5 * logvar).exp() * generator.randn(mean.shape)) * vae.scalingFactor
  }
}

/// A picture that a run changes, and where.
struct Edit: Sendable {
  /// The picture's latents, `[N, C, h, w]`.
  let clean: Tensor
  /// The noise the run began with.
  let noise: Tensor
  /// Cells to paint anew, `[1, 1, h, w]`; nil changes the whole picture.
  let mask: Tensor?
  /// What an inpainting UNet sees besides the latents, `[N, C + 1, h, w]`.
  let channels: Tensor?

  /// Puts the picture's own latents, noised to the sampler's level, back outside the mask. Lugmayr et al. 2022, eq. 8.
  func restoringOutside(_ sampler: any Sampler) -> any Sampler {
    guard let mask, channels == nil else { return sampler }
    var sampler = sampler
    sampler.state.x = (1 - mask) * sampler.noised(clean, noise) + mask * sampler.state.x
    return sampler
  }
}

extension Model {
  /// The edit of a request and the first noise, drawn in diffusers' order: picture's latents, noise, hidden picture's latents.
  ///
  /// Each picture draws from its own generator.
  func edit(_ resolved: ResolvedRequest, noise given: Tensor?, generators: [TorchGenerator], cancellation: Cancellation?) throws
    -> (edit: Edit?, noise: Tensor)
  {
    let (h, w) = (resolved.height / vae.downscale, resolved.width / vae.downscale)
    func drawn() -> Tensor {
      let draws = generators.map { $0.randn([1, latentChannels, h, w]) }
      return given ?? (draws.count == 1 ? draws[0] : .concatenated(draws, axis: 0))
    }
    guard let image = resolved.image else { return (nil, drawn()) }
    let hasChannels = unet.config.inChannels != latentChannels
    func latents(_ image: Tensor) throws -> Tensor {
      let rows = try generators.enumerated().map { k, generator in
        let own = image.shape[0] == 1 ? image : image.sliced(axis: 0, from: k, to: k + 1)
        return try encodeImage(own, generator: generator, cancellation: cancellation)
      }
      return rows.count == 1 ? rows[0] : .concatenated(rows, axis: 0)
    }
    // An inpainting UNet that repaints from pure noise needs the picture's latents nowhere, so none are drawn.
    let needsClean = !hasChannels || resolved.strength < 1
    let clean = try needsClean ? latents(image) : Tensor.zeros([generators.count, latentChannels, h, w])
    let noise = drawn()
    guard let mask = resolved.mask else { return (Edit(clean: clean, noise: noise, mask: nil, channels: nil), noise) }
    // The nearest cell, as torch's interpolate takes it: the first pixel of each.
    let cells = mask.sliced(axis: 2, from: 0, to: resolved.height, step: vae.downscale)
      .sliced(axis: 3, from: 0, to: resolved.width, step: vae.downscale).contiguous()
    guard hasChannels else {
      // Other UNets do not see the hidden picture, but its draw comes before any later one.
      for generator in generators { _ = generator.randn([1, latentChannels, h, w]) }
      return (Edit(clean: clean, noise: noise, mask: cells, channels: nil), noise)
    }
    let hidden = try latents(maskedAway(image, mask))
    let rows = cells.expanded([generators.count, 1, h, w])
    return (Edit(clean: clean, noise: noise, mask: cells, channels: .concatenated([rows, hidden], axis: 1)), noise)
  }

  /// The picture, mid-grey inside the mask: 0 on the encoder's scale of −1…1.
  private func maskedAway(_ image: Tensor, _ mask: Tensor) -> Tensor {
    (2 * image - 1) * (1 - mask) * 0.5 + 0.5
  }
}
