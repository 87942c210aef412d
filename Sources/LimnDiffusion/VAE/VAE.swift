import LimnNN
import LimnTensor

/// The autoencoder of latent diffusion: pictures to latents and back.
///
/// - Source: Rombach et al. 2022, arXiv:2112.10752; keys as in diffusers' `AutoencoderKL`, attention keys old and new.
package struct VAE: Sendable {
  package let config: VAEConfig
  let encoder: VAEEncoder
  let decoder: VAEDecoder
  let quantConv: PointwiseConv?
  let postQuantConv: PointwiseConv?

  /// What an encoded latent is multiplied with before diffusion, and divided by before decoding.
  package var scalingFactor: Float { config.scalingFactor }
  /// Pixels a latent cell stands for, along one side.
  package var downscale: Int { config.downscale }

  /// - Throws: ``FormatError`` when the config asks for what is not implemented, or a tensor is missing or has another shape.
  package init(config json: JSON, weights: WeightReader) throws {
    try self.init(config: VAEConfig(json), weights: weights)
  }

  /// - Throws: ``FormatError`` when a tensor is missing or has another shape.
  package init(config: VAEConfig, weights: WeightReader) throws {
    self.config = config
    let latent = config.latentChannels
    encoder = try VAEEncoder(config: config, weights: weights.scoped("encoder"))
    decoder = try VAEDecoder(config: config, weights: weights.scoped("decoder"))
    quantConv =
      config.hasQuantConv
      ? try PointwiseConv(weights.scoped("quant_conv"), inputs: 2 * latent, outputs: 2 * latent) : nil
    postQuantConv =
      config.hasPostQuantConv
      ? try PointwiseConv(weights.scoped("post_quant_conv"), inputs: latent, outputs: latent) : nil
  }

  /// Returns the distribution of latents of a picture, before scaling.
  ///
  /// - Shape: `image [N, 3, H, W]` → mean and log variance `[N, 4, ⌊H/8⌋, ⌊W/8⌋]` at the sizes of Stable Diffusion.
  /// - Units: the image is −1…1; the log variance is kept within −30…20.
  /// - Throws: ``ShapeError`` when the image has other channels; `CancellationError`.
  /// - Gradient: in the image and in every traced parameter.
  package func encode(_ image: Tensor, cancellation: Cancellation? = nil) throws -> (mean: Tensor, logvar: Tensor) {
    guard image.shape.rank == 4, image.shape[1] == config.inChannels, image.shape.count > 0 else {
      throw ShapeError("vae: the image is \(image.shape), expected [N, \(config.inChannels), H, W]")
    }
    var moments = try encoder(image, cancellation: cancellation)
    if let quantConv { moments = quantConv(moments) }
    let latent = config.latentChannels
    let logvar = moments.sliced(axis: 1, from: latent, to: 2 * latent).clamped(-30, 20)
    return (moments.sliced(axis: 1, from: 0, to: latent), logvar)
  }

  /// Returns the picture of a latent that was divided by ``scalingFactor``.
  ///
  /// - Shape: `z [N, 4, h, w]` → `[N, 3, 8h, 8w]` at the sizes of Stable Diffusion.
  /// - Units: −1…1, not clamped.
  /// - Throws: ``ShapeError`` when the latent has other channels; `CancellationError`.
  /// - Gradient: in the latent and in every traced parameter.
  package func decode(_ z: Tensor, cancellation: Cancellation? = nil) throws -> Tensor {
    guard z.shape.rank == 4, z.shape[1] == config.latentChannels, z.shape.count > 0 else {
      throw ShapeError("vae: the latent is \(z.shape), expected [N, \(config.latentChannels), h, w]")
    }
    return try decoder(postQuantConv.map { $0(z) } ?? z, cancellation: cancellation)
  }
}
