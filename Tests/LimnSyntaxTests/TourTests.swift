import LimnSyntax
import Testing

/// The programs of the language's tour.
enum Tour {
  static let first = """
    // first.limn: a picture, and where each word went
    let pipe = model("sticker")                       // the bundled one; "./folder" in diffusers layout
    let run  = sample(pipe, "a photo of a panda next to a bowl on a wooden floor", seed: 7, steps: 30, guidance: 5,
                      capture: ["panda", "bowl"])
    show run.image
    show overlay(run.image, run.maps["panda"])        // heat map; token positions are found from the words
    save(run.image, "panda.png")                      // the PNG carries the recipe
    """

  static let steps = """
    // steps.limn: sampling is a loop over values
    let pipe = model("sticker")
    let cond = encode(pipe, "a panda on grass"), uncond = encode(pipe, "")
    var z = noise(pipe, seed: 7)                       // [1, 4, 16, 16], equal to torch.randn with that CPU seed
    for t in timesteps(scheduler(pipe, "ddim"), steps: 30) {
      let out = denoise(pipe, z, t, cond, capture: ["panda"])
      let eps = lerp(denoise(pipe, z, t, uncond).eps, out.eps, 5.0)     // classifier-free guidance, by hand
      if t.index % 10 == 0 { show row(decode(pipe, t.x0(z, eps)), heat(out.maps["panda"])) }
      z = t.step(z, eps)
    }
    show decode(pipe, z)
    """

  static let runs = """
    // runs.limn: a run is a value: it can be stepped, kept, forked and gone back to
    let pipe = model("sticker")
    var run = start(pipe, "a panda on grass", seed: 7, sampler: "dpm++ 2m karras", steps: 30, capture: ["panda"])
    while not run.done { run = run.step() }            // or run.step(eps: mine); stepping equals one `sample` call
    let bold = run.back(20).with(guidance: 9).finish() // another future from step 10
    show row(run.image, bold.image, heat(run.maps["panda"]))
    """

  static let learn = #"""
    // learn.limn: token learning with masked diffusion and attention losses (Break-a-Scene, by hand)
    use losses
    let pipe  = model("sticker"), photo = image("photos/panda-bowl/img.png")        // photos/ lies beside the examples
    let panda = token("<panda>", from: "panda"), bowl = token("<bowl>", from: "bowl")
    let masks = [panda: mask("photos/panda-bowl/mask0.png"), bowl: mask("photos/panda-bowl/mask1.png")]
    let z0 = encode_image(pipe, photo)

    let learned = train(pipe, params: [panda, bowl], steps: 400, optimizer: adamw(lr: 5e-4), seed: 0) { it =>
      let s    = it.rng.subset([panda, bowl])                       // union sampling: a random non-empty subset
      let text = "a photo of {s.join(" and ")}"                     // a token in a string keeps its identity
      let t    = it.rng.timestep(pipe), eps = it.rng.randn(z0.shape)
      let out  = denoise(it.model, t.add_noise(z0, eps), t, encode(it.model, text), capture: s)
      let m    = union([masks[k] for k in s]).resize(like: z0)
      ["masked": losses.masked(out.raw, t.target(z0, eps), m),      // named terms are added, and plotted as they fall
       "attention": 0.01 * sum([losses.attention(out.maps.at(k, size: 8), masks[k]) for k in s])]
    }
    show sample(learned.model, "a photo of {panda} on the beach", seed: 1).image
    save(learned, "concepts.safetensors")             // loads in diffusers too
    """#

  static let layout = """
    // layout.limn: composite diffusion, one segment a subject
    use composite
    let pipe = model("sticker"), panda = "panda", bowl = "bowl"     // or learned tokens
    let canvas = layout(64, 64, [segment("a photo of a {panda}", rect(0, 16, 32, 48)),
                                 segment("a photo of a blue {bowl}", circle(48, 44, 12)), background("on grass")])
    show canvas                                        // the coloured segment image with its words
    show composite.sample(pipe, canvas, prompt: "a {panda} next to a blue {bowl} on grass", global_steps: 8, seed: 3).image
    """

  static let guide = """
    // guide.limn: gradients through the model
    let pipe = model("sticker"), cond = encode(pipe, "a panda on grass"), t = timestep(pipe, 500), z = noise(pipe, seed: 7)
    let energy = picture => mean((tensor(picture) - 0.8) ^ 2)       // "make it bright"
    let g = gradient(of: z => energy(decode(pipe, denoise(pipe, z, t, cond).x0)), at: z)
    """

  static let all = [first, steps, runs, learn, layout, guide]
}

@Suite struct TourTests {
  @Test(arguments: Tour.all) func everyProgramParses(_ text: String) {
    #expect(messages(text) == [])
  }

  @Test(arguments: Tour.all) func theLossOfAnyOneTokenIsSurvived(_ text: String) {
    survivesRemovals(text)
  }

  @Test func theFirstProgramHasTheTreeItShows() {
    #expect(
      tree(Tour.first) == """
        let pipe = (model "sticker")
        let run = (sample pipe "a photo of a panda next to a bowl on a wooden floor" seed:7 steps:30 guidance:5 \
        capture:["panda" "bowl"])
        (show (. run image))
        (show (overlay (. run image) (at (. run maps) "panda")))
        (save (. run image) "panda.png")
        """)
  }

  @Test func theRunsProgramHasTheTreeItShows() {
    #expect(
      tree(Tour.runs) == """
        let pipe = (model "sticker")
        var run = (start pipe "a panda on grass" seed:7 sampler:"dpm++ 2m karras" steps:30 capture:["panda"])
        while (not (. run done)) {run = (.step run)}
        let bold = (.finish (.with (.back run 20) guidance:9))
        (show (row (. run image) (. bold image) (heat (at (. run maps) "panda"))))
        """)
  }

  @Test func aTrailingBlockTakesItsNames() {
    let program = parsed(Tour.learn)
    guard case .binding(_, let bindings) = program.statements[5].kind,
      case .call(let call) = bindings[0].value.kind
    else {
      Issue.record("'learned' is not bound to a call")
      return
    }
    #expect(call.trailing?.parameters.map(\.name.text) == ["it"])
    #expect(call.arguments.compactMap(\.label?.text) == ["params", "steps", "optimizer", "seed"])
  }
}
