import LimnRuntime

/// Everything that scripts can call besides the language itself.
package enum LimnNatives {
  /// By area, as the reference lists them. Forms for tensors stand before the language's own forms of the same names.
  package static var areas: [(name: String, natives: [Native])] {
    [
      ("tensors", TensorNatives.all + MathNatives.all), ("networks", NetworkNatives.all), ("gradients", GradientNatives.all), ("random numbers", RandomNatives.all),
      ("pictures", ImageNatives.all + SaveNatives.all), ("masks", MaskNatives.all),
      ("models", ModelNatives.all + TokenNatives.all + LoadNatives.all), ("sampling", StepNatives.all + RunNatives.all), ("attention", MapsValue.natives),
      ("files", FileNatives.all + DataNatives.all + JSONText.natives + CSVText.natives), ("plots", PlotNatives.all),
      ("learning", LearningNatives.all), ("layouts", LayoutNatives.all), ("processes", ParallelNatives.all),
    ]
  }

  package static var all: [Native] { areas.flatMap(\.natives) }

  /// Names that may stand after `:` in a parameter list.
  package static let hostTypes: Set<String> = [
    "tensor", "mask", "image", "region", "model", "condition", "prediction", "maps", "timestep", "scheduler", "run", "rng", "token", "optimizer", "learner", "layout", "segment",
  ]
}
