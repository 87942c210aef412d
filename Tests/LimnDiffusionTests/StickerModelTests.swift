import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

/// The parts of the bundled model against the tensors diffusers made from it. Nothing here knows its sizes.
@Suite struct StickerModelTests {
  private let expected: [String: Tensor]
  private let tree = EmbeddedTree("sticker")

  init() throws { expected = try Fixtures.tensors("sticker-goldens/tensors") }

  private func config(_ part: String) throws -> JSON { try #require(try tree.json("\(part)/config.json")) }

  private func reader(_ part: String) throws -> WeightReader {
    WeightReader(try WeightFiles(tree, folder: part).open(variant: nil).weights, file: part)
  }

  private func unet() throws -> UNet { try UNet(config: config("unet"), weights: reader("unet")) }
  private func vae() throws -> VAE { try VAE(config: config("vae"), weights: reader("vae")) }

  @Test func itsWordsAreTransformers() throws {
    let encoder = try TextEncoder(config: config("text_encoder"), weights: reader("text_encoder"))
    expectClose(try encoder(ids: rows(expected["ids"]!)).last, expected["text"]!, relativeToLargest: 1e-4)
  }

  @Test func itsNoiseAndAttentionAreDiffusers() throws {
    let observer = AttentionObserver()
    var seen: [String: Tensor] = [:]
    observer.inspect = { layer, probabilities in seen[layer.name] = probabilities }
    let steps = expected["t"]!.ints().map(Float.init)
    let eps = try unet()(expected["x"]!, timesteps: steps, context: expected["text"]!, attention: observer)
    expectClose(eps, expected["eps"]!, relativeToLargest: 1e-4)
    #expect(seen.count == expected.keys.count { $0.hasPrefix("attention.") })
    for (name, map) in seen {
      expectClose(map, try #require(expected["attention.\(name)"]).reshaped(map.shape), relativeToLargest: 1e-4)
    }
  }

  @Test func itsPicturesAreDiffusers() throws {
    let vae = try vae()
    let (mean, logvar) = try vae.encode(expected["image"]!)
    expectClose(mean, expected["latent_mean"]!, relativeToLargest: 1e-4)
    expectClose(logvar, expected["latent_logvar"]!, relativeToLargest: 1e-4)
    expectClose(try vae.decode(expected["latent_mean"]!), expected["decoded"]!, relativeToLargest: 1e-4)
  }
}
