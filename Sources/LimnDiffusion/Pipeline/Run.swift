import LimnNN
import LimnTensor

/// A sampling that can be stepped, kept, forked and gone back to.
///
/// A value: a copy is a fork, and an earlier copy is an earlier state. One `step` is one evaluation of the model, so samplers of
/// second order take nearly two to each of the steps asked for.
///
///     var run = try Run(model, request)
///     while !run.isDone { run = try run.step() }
package struct Run {
  package let model: Model
  package let request: SampleRequest
  /// What the pictures should show, a row each.
  package private(set) var condition: Condition
  /// What they should not.
  package private(set) var uncondition: Condition
  package private(set) var guidance: Float
  package private(set) var rescale: Float
  package private(set) var sampler: any Sampler
  /// The last evaluation, guided; nil before the first step.
  package private(set) var last: Prediction?
  /// Means over the evaluations so far; nil when nothing is captured.
  package private(set) var maps: AttentionMaps?
  /// What the user should be told once.
  package let warnings: [String]

  private let edit: Edit?
  /// One a picture. Copied before each draw, so that forks draw the same numbers.
  private var generators: [TorchGenerator]
  private var rows: GuidanceRows
  /// What to keep of the attention of each row; empty when nothing is captured.
  private var captured: [AttentionRow] = []
  private var past: Past?

  /// An earlier state. A class, since a value cannot hold itself.
  private final class Past {
    let run: Run
    init(_ run: Run) { self.run = run }
  }

  /// Prepares a run: prompts encoded, first noise drawn, nothing evaluated.
  ///
  /// - Throws: ``PipelineError``, ``SamplerError``, ``PromptError`` and ``ShapeError`` for requests that cannot be fulfilled;
  ///   `CancellationError`.
  package init(_ model: Model, _ request: SampleRequest, cancellation: Cancellation? = nil) throws {
    let resolved = try ResolvedRequest(request, for: model)
    var sampler = try Samplers.make(request.sampler, config: model.schedulerConfig, steps: request.steps, eta: request.eta)
    let begin = try Self.begin(sampler.plan, resolved)
    let text = Model.TextOptions(clipSkip: request.clipSkip, long: request.long, dialect: request.dialect)
    let (condition, uncondition) = try model.encodePair(request.prompts, resolved.negatives, text)
    generators = resolved.seeds.map { TorchGenerator(seed: $0) }
    let (edit, noise) = try model.edit(resolved, noise: request.noise, generators: generators, cancellation: cancellation)
    if let edit, request.mask == nil || resolved.strength < 1 {
      sampler.start(from: edit.clean, noise: noise, begin: begin)
    } else {
      sampler.start(noise: noise)
    }
    self.model = model
    self.request = request
    self.edit = edit
    self.sampler = sampler
    self.condition = condition.repeated(request.count)
    self.uncondition = uncondition.repeated(request.count)
    (guidance, rescale) = (request.guidance, request.rescale)
    warnings = condition.warnings + uncondition.warnings
    rows = GuidanceRows(self.condition, self.uncondition, guidance: request.guidance)
    captured = try capturedRows()
  }

  private func capturedRows() throws -> [AttentionRow] {
    guard !request.capture.isEmpty else { return [] }
    return try request.capture.rows(prompts: condition.prompts, negatives: rows.isGuided ? uncondition.prompts : [])
  }

  /// The evaluation to begin with for the strength asked for.
  private static func begin(_ plan: SamplingPlan, _ resolved: ResolvedRequest) throws -> Int {
    guard resolved.image != nil else { return 0 }
    let begin = plan.begin(strength: resolved.strength)
    guard begin < plan.levels.count else {
      throw PipelineError(
        "strength \(resolved.strength) of \(plan.steps) steps leaves none to run, expected at least one; use strength \(1 / Double(plan.steps)) or more")
    }
    if begin > 0 && plan.settings.family == .pndm && !plan.settings.skipsRungeKutta {
      throw PipelineError("sampler 'PNDMScheduler' starts with Runge-Kutta steps and cannot begin from a picture; use sampler 'pndm'")
    }
    return begin
  }

  // MARK: - What can be asked

  /// The latents the model sees next; at the end the finished ones. `[N, C, h, w]`.
  package var z: Tensor { sampler.z }
  /// The timestep of the next evaluation; nil when done.
  package var t: Timestep? { Timestep(next: sampler) }
  /// The timesteps of all evaluations, those made too.
  package var timesteps: [Timestep] {
    var start = sampler
    start.state.index = start.state.begin
    return Timestep.all(of: start)
  }
  /// Evaluations made.
  package var index: Int { sampler.state.index - sampler.state.begin }
  /// Evaluations in all.
  package var count: Int { sampler.plan.levels.count - sampler.state.begin }
  package var isDone: Bool { sampler.isDone }
  /// The guided noise prediction of the last evaluation; nil before the first.
  package var eps: Tensor? { last?.eps }

  /// The pictures: of the finished latents, and before the end of the last evaluation's estimate of them.
  ///
  /// - Shape: `[N, 3, H, W]`, 0…1.
  package func image(cancellation: Cancellation? = nil) throws -> Tensor {
    try model.decode(isDone ? z : last?.x0 ?? z, cancellation: cancellation)
  }

  // MARK: - Going on and back

  /// Returns the run one evaluation later.
  ///
  /// - Parameter eps: A guided ε for `z` at `t` to use in place of the model's.
  /// - Throws: ``PipelineError`` if the run is done or `eps` has another shape; `CancellationError`.
  package func step(eps: Tensor? = nil, cancellation: Cancellation? = nil) throws -> Run {
    guard let t else { throw PipelineError("the run is done after \(count) evaluations; go back with run.back(1)") }
    var next = self
    let (z, kind) = (self.z, eps == nil ? t.prediction : .epsilon)
    if let eps {
      guard eps.shape == z.shape else { throw PipelineError("eps is \(eps.shape), expected \(z.shape)") }
      guard t.alpha > 0 || t.prediction == .epsilon else {
        throw PipelineError("at timestep \(t.value) the latent is all noise (α = 0), so ε gives no step; step without eps:")
      }
      let raw = kind.converted(eps, to: t.prediction, z: z, alpha: t.alpha, sigma: t.sigma)
      next.last = Prediction(raw: raw, z: z, timesteps: Array(repeating: t, count: z.shape[0]), maps: nil)
    } else {
      next.last = try evaluated(z, at: t, maps: &next.maps, cancellation: cancellation)
    }
    let noise = next.noiseIfTaken(shape: z.shape)
    next.sampler.advance(eps ?? next.last!.raw, as: kind, noise: noise)
    if let edit { next.sampler = edit.restoringOutside(next.sampler) }
    next.past = Past(self)
    return next
  }

  /// Returns the run as it was `steps` evaluations ago.
  ///
  /// - Throws: ``PipelineError`` if it had not made so many.
  package func back(_ steps: Int) throws -> Run {
    guard (0...index).contains(steps) else {
      throw PipelineError("cannot go back \(steps) evaluations, the run has made \(index)")
    }
    var run = self
    for _ in 0..<steps { run = run.past?.run ?? run }
    return run
  }

  /// Returns the run with other conditions from here on.
  ///
  /// - Throws: ``PipelineError`` if rows or shapes differ.
  package func with(
    guidance: Float? = nil, rescale: Float? = nil, condition: Condition? = nil, uncondition: Condition? = nil, z: Tensor? = nil
  ) throws -> Run {
    var run = self
    if let guidance { run.guidance = guidance }
    if let rescale {
      guard (0...1).contains(rescale) else { throw PipelineError("rescale is \(rescale), expected 0 to 1") }
      run.rescale = rescale
    }
    for other in [condition, uncondition] {
      if let other, other.count != self.condition.count && other.count != 1 {
        throw PipelineError("found \(other.count) prompts for a run of \(self.condition.count) pictures, expected 1 or \(self.condition.count)")
      }
    }
    run.condition = condition.map { $0.count == 1 ? $0.repeated(self.condition.count) : $0 } ?? self.condition
    run.uncondition = uncondition.map { $0.count == 1 ? $0.repeated(self.condition.count) : $0 } ?? self.uncondition
    if guidance != nil || condition != nil || uncondition != nil {
      run.rows = try GuidanceRows(checking: run.condition, run.uncondition, guidance: run.guidance)
      run.captured = try run.capturedRows()
    }
    if let z {
      guard z.shape == self.z.shape else { throw PipelineError("z is \(z.shape), expected \(self.z.shape)") }
      run.sampler.replace(z: z)
    }
    return run
  }

  /// Returns the run at its end.
  ///
  /// - Parameter progress: Called after each evaluation; what it throws ends the run.
  package func finish(cancellation: Cancellation? = nil, progress: ((Run) throws -> Void)? = nil) throws -> Run {
    var run = self
    while !run.isDone {
      run = try run.step(cancellation: cancellation)
      try progress?(run)
    }
    return run
  }

  // MARK: - One evaluation

  private mutating func noiseIfTaken(shape: Shape) -> Tensor? {
    guard sampler.takesNoise else { return nil }
    generators = generators.map { $0.copy() }
    let one = Shape([1] + shape.dims.dropFirst())
    let draws = generators.map { $0.randn(one) }
    return draws.count == 1 ? draws[0] : .concatenated(draws, axis: 0)
  }

  private func evaluated(
    _ z: Tensor, at t: Timestep, maps: inout AttentionMaps?, cancellation: Cancellation?
  ) throws -> Prediction {
    var observer: AttentionObserver?
    let negatives = rows.isGuided ? uncondition.prompts : []
    if !captured.isEmpty {
      observer = AttentionObserver(rows: captured, kinds: request.capture.kinds, blocks: request.capture.blocks)
    }
    let raw = try rows.guided(
      model, z, at: t, guidance: guidance, rescale: rescale, extraChannels: edit?.channels, observer: observer,
      cancellation: cancellation)
    var own: AttentionMaps?
    if let observer {
      let record = observer.record.detached()
      own = AttentionMaps(
        record: record, capture: request.capture, prompts: condition.prompts, negatives: negatives, height: z.shape[2],
        width: z.shape[3])
      var sum = maps?.record ?? AttentionRecord()
      sum.add(record, keepsStep: request.capture.keepsSteps)
      maps = own
      maps?.record = sum
    }
    return Prediction(raw: raw, z: z, timesteps: Array(repeating: t, count: z.shape[0]), maps: own)
  }
}
