import LimnRuntime

/// Everything that scripts can call besides the language itself.
package enum LimnNatives {
  /// Forms for tensors stand before the language's own forms of the same names.
  package static var all: [Native] {
    TensorNatives.all + MathNatives.all + GradientNatives.all + RandomNatives.all + ImageNatives.all + MaskNatives.all + SaveNatives.all
      + ModelNatives.all + StepNatives.all + MapsValue.natives + RunNatives.all + TokenNatives.all
  }

  /// Names that may stand after `:` in a parameter list.
  package static let hostTypes: Set<String> = [
    "tensor", "mask", "image", "region", "model", "condition", "prediction", "maps", "timestep", "scheduler", "run", "rng", "token",
  ]
}
