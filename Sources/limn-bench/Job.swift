import LimnDiffusion
import LimnTensor

/// What can be timed: made ready once, then run again and again.
struct Job: Sendable {
  let prepare: @Sendable () throws -> () throws -> Void

  /// A result that is not what it must be.
  struct WrongResult: Error, CustomStringConvertible {
    let description: String
  }

  static let all: [String: Job] = [
    // The peer: `peers.py sample sticker --size 64 --dtype f32`.
    "sample": Job {
      let model = try Model.load("sticker")
      var request = SampleRequest("a photo of a panda and a bowl")
      (request.sampler, request.steps, request.guidance) = ("ddim", 25, 5)
      var first: [Float]?
      return {
        let pixels = try model.sample(request).image().floats()
        guard pixels.allSatisfy({ $0 >= 0 && $0 <= 1 }), first == nil || first == pixels else {
          throw WrongResult(description: "two runs of one seed differ")
        }
        first = pixels
      }
    },
    "unet": Job {
      let model = try Model.load("sticker")
      let side = model.latentSide
      let z = TorchGenerator(seed: 0).randn([2, model.latentChannels, side, side])
      let words = try model.encode(["a panda", ""]).tensor
      return { _ = try model.unet(z, timesteps: [500], context: words) }
    },
    "decode": Job {
      let model = try Model.load("sticker")
      let side = model.latentSide
      let z = TorchGenerator(seed: 0).randn([1, model.latentChannels, side, side])
      return { _ = try model.decode(z) }
    },
  ]
}
