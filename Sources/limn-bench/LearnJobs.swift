import LimnDiffusion
import LimnNN
import LimnTensor

/// One step of textual inversion: noise added, the words encoded with the new token, the UNet forward and back, the token's vector updated.
///
/// The peer: `peers.py learn`.
extension Job {
  static let learn: [Job] = [step(batch: 1), step(batch: 8)]

  private static func step(batch: Int) -> Job {
    Job(name: "learn/batch-\(batch)") { options in
      let model = try load(options)
      let side = side(model, options)
      let lesson = Lesson(model: model, batch: batch, side: side)
      var learner = Learner(
        [("vector", try model.startingVectors(of: "panda", count: 1))], optimizer: Optimizer(.adamW(AdamW(learningRate: 5e-4))), seed: 0)
      return Prepared(
        facts: [("side", "\(side)"), ("batch", "\(batch)")],
        check: { try Lesson(model: model, batch: 1, side: min(side, 16)).check(learner.parameters[0]) },
        run: {
          let stream = learner.stream
          learner = try learner.step { [("loss", try lesson.loss($0[0], stream))] }
        })
    }
  }
}

/// What a token is learned from. Latents are random: what is in them changes no time.
private struct Lesson {
  let model: Model
  let batch: Int
  let side: Int
  let z0: Tensor

  init(model: Model, batch: Int, side: Int) {
    (self.model, self.batch, self.side) = (model, batch, side)
    z0 = TorchGenerator(seed: 0).randn([batch, model.latentChannels, side, side])
  }

  /// The mean squared error of the predicted noise, as a function of the token's vector [1, D].
  func loss(_ vector: Tensor, _ stream: TorchGenerator) throws -> Tensor {
    let noise = stream.randn(z0.shape)
    let times = stream.randint(0, model.schedule.count, [batch]).ints().map { Float($0) }
    func column(_ values: [Float]) -> Tensor { Tensor(values, [batch, 1, 1, 1]) }
    let z = column(times.map(model.schedule.alpha(at:))) * z0 + column(times.map(model.schedule.sigma(at:))) * noise
    let learning = try model.with([Concept("<thing>", vectors: vector)])
    let words = try learning.encode(Array(repeating: "a photo of a <thing>", count: batch)).tensor
    let difference = try model.unet(z, timesteps: times, context: words) - noise
    return (difference * difference).mean()
  }

  /// Holds the gradient against the loss a little further along it and a little back.
  func check(_ vector: Tensor) throws {
    func stream() -> TorchGenerator { TorchGenerator(seed: 3) }
    let (_, gradients) = try valueAndGradient(at: [vector]) { try loss($0[0], stream()) }
    let gradient = gradients[0], length = (gradient * gradient).sum().sqrt().item
    guard length > 0, length.isFinite else { throw BenchError("learn: the gradient's length is \(length)") }
    // Far enough that rounding of the loss does not show, as a part of the vector's own length.
    let direction = gradient / length, reach = 0.1 * (vector * vector).sum().sqrt().item
    let after = try loss(vector + direction * reach, stream()).item, before = try loss(vector - direction * reach, stream()).item
    let slope = (after - before) / (2 * reach)
    guard abs(slope - length) <= 0.1 * length else {
      throw BenchError("learn: the gradient is \(length) long, but the loss rises by \(slope) along it")
    }
  }
}
