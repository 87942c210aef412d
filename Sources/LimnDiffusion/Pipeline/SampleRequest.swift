import LimnTensor

/// Everything that decides a picture, as `sample(…)` takes it.
///
/// Pictures are `prompts.count · count`, those of one prompt beside each other, as in diffusers.
package struct SampleRequest: Sendable {
  package var prompts: [String]
  /// One negative prompt for all, or one a prompt; none is "".
  package var negatives: [String] = []
  /// In pixels; nil is the size the model was trained at, or the picture's.
  package var width: Int?
  package var height: Int?
  /// Pictures a prompt.
  package var count = 1
  /// One seed a picture, or the first one: picture k then has seed + k, so that it is the same alone and in a batch.
  package var seeds: [Int64] = [0]
  /// Counted as diffusers counts.
  package var steps = 30
  /// The weight w of ε_u + w·(ε_c − ε_u). 1 is the condition by itself and evaluates the model on half as many rows.
  package var guidance: Float = 7.5
  /// How far the guided prediction's deviation is brought back to the conditional one's. Lin et al. 2024, sec. 3.4.
  package var rescale: Float = 0
  /// DDIM's share of noise, 0 to 1.
  package var eta: Float = 0
  package var clipSkip = 0
  package var long = LongPrompt.cut
  package var dialect = PromptDialect.limn
  /// A name of ``SamplerNames``; nil is the checkpoint's own scheduler.
  package var sampler: String?
  /// A picture to begin from, `[3, H, W]` or `[N, 3, H, W]`, 0…1.
  package var image: Tensor?
  /// How much of the steps is run on the picture, 0 to 1; nil is 0.8, and 1 with a mask.
  package var strength: Double?
  /// Where to paint anew, `[H, W]` of the picture's size; 1/2 and more counts as inside.
  package var mask: Tensor?
  /// The first noise, `[N, C, h, w]`, in place of what the seeds give.
  package var noise: Tensor?
  package var capture = Capture()

  package init(_ prompts: [String]) { self.prompts = prompts }
  package init(_ prompt: String) { prompts = [prompt] }

  /// How many pictures are made.
  package var pictures: Int { prompts.count * count }
}

/// A request checked against a model, with all that was left open decided.
struct ResolvedRequest {
  let width: Int
  let height: Int
  let seeds: [Int64]
  let negatives: [String]
  let strength: Double
  /// `[1 or N, 3, H, W]`.
  let image: Tensor?
  /// `[1, 1, H, W]`, ones inside.
  let mask: Tensor?

  init(_ request: SampleRequest, for model: Model) throws {
    let pictures = request.pictures
    guard pictures > 0 else {
      throw PipelineError("found \(request.prompts.count) prompts and count \(request.count), expected at least one of each")
    }
    switch request.negatives.count {
    case 0: negatives = Array(repeating: "", count: request.prompts.count)
    case 1: negatives = Array(repeating: request.negatives[0], count: request.prompts.count)
    case request.prompts.count: negatives = request.negatives
    case let found: throw PipelineError("found \(found) negative prompts for \(request.prompts.count) prompts, expected one or as many")
    }
    switch request.seeds.count {
    case 1: seeds = (0..<pictures).map { request.seeds[0] &+ Int64($0) }
    case pictures: seeds = request.seeds
    case let found: throw PipelineError("found \(found) seeds for \(pictures) pictures, expected one or as many")
    }
    guard request.guidance.isFinite else { throw PipelineError("guidance is \(request.guidance), expected a finite number") }
    guard (0...1).contains(request.rescale) else { throw PipelineError("rescale is \(request.rescale), expected 0 to 1") }

    image = try Self.image(request.image, pictures: pictures)
    (width, height) = try Self.size(request, image: image, model: model)
    mask = try Self.mask(request.mask, image: image, width: width, height: height)
    strength = try Self.strength(request, hasMask: mask != nil)
    let extra = model.unet.config.inChannels - model.latentChannels
    if extra != 0 {
      guard extra == model.latentChannels + 1 else {
        throw PipelineError("'\(model.name)' takes \(model.unet.config.inChannels) channels, expected \(model.latentChannels), or \(2 * model.latentChannels + 1) for inpainting")
      }
      guard mask != nil else {
        throw PipelineError("'\(model.name)' is an inpainting model, found no mask; give image: and mask:")
      }
    }
    if let noise = request.noise {
      let side = model.vae.downscale
      let wanted: Shape = [pictures, model.latentChannels, height / side, width / side]
      guard noise.shape == wanted else { throw PipelineError("the noise is \(noise.shape), expected \(wanted)") }
    }
  }

  private static func image(_ image: Tensor?, pictures: Int) throws -> Tensor? {
    guard let image else { return nil }
    let batch = image.rank == 3 ? image.unsqueezed(0) : image
    guard batch.rank == 4, batch.shape[1] == 3, batch.shape[0] == 1 || batch.shape[0] == pictures else {
      throw PipelineError("the picture is \(image.shape), expected [3, H, W] or [\(pictures), 3, H, W]")
    }
    return batch
  }

  private static func size(_ request: SampleRequest, image: Tensor?, model: Model) throws -> (Int, Int) {
    let cell = model.vae.downscale
    let width = request.width ?? image?.shape[3] ?? model.side, height = request.height ?? image?.shape[2] ?? model.side
    guard width > 0, height > 0, width % cell == 0, height % cell == 0 else {
      func near(_ side: Int) -> Int { max(cell, (side + cell / 2) / cell * cell) }
      throw PipelineError("the size is \(width)×\(height), expected multiples of \(cell); use \(near(width))×\(near(height))")
    }
    if let image, image.shape[2] != height || image.shape[3] != width {
      throw PipelineError("the picture is \(image.shape[3])×\(image.shape[2]) but the size is \(width)×\(height); resize the picture")
    }
    return (width, height)
  }

  private static func mask(_ mask: Tensor?, image: Tensor?, width: Int, height: Int) throws -> Tensor? {
    guard let mask else { return nil }
    guard image != nil else { throw PipelineError("found a mask and no picture; give image:") }
    guard mask.shape == [height, width] || mask.shape == [1, 1, height, width] else {
      throw PipelineError("the mask is \(mask.shape), expected [\(height), \(width)] as the picture; fit the mask to it")
    }
    let values = mask.floats().map { $0 >= 0.5 ? Float(1) : 0 }
    return Tensor(values, [1, 1, height, width])
  }

  private static func strength(_ request: SampleRequest, hasMask: Bool) throws -> Double {
    guard request.image != nil else {
      if let strength = request.strength { throw PipelineError("found strength \(strength) and no picture; give image:") }
      return 1
    }
    let strength = request.strength ?? (hasMask ? 1 : 0.8)
    guard (0...1).contains(strength) else { throw PipelineError("strength is \(strength), expected 0 to 1") }
    return strength
  }
}
