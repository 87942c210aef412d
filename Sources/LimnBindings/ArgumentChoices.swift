import LimnDiffusion
import LimnImage
import LimnTensor

/// What the natives' signatures do not say and completion wants to know.
package enum ArgumentChoices {
  /// The strings that a parameter of a native takes; empty when it takes any.
  package static func values(of parameter: String, in native: String) -> [String] {
    switch (native, parameter) {
    case (_, "sampler"): SamplerNames.canonical
    case ("save", "dtype"): ModelSaving.widths
    case (_, "dtype"): DType.allCases.map(\.name)
    case (_, "long"): LongPrompt.allCases.map(\.rawValue)
    case ("resize", "filter"): ResizeFilter.allCases.map(\.rawValue)
    case ("resize", "mode"): MaskResize.allCases.map(\.rawValue)
    case ("resample", "mode"): ResizeMode.allCases.map(\.rawValue)
    case ("flip", "axis"): ["horizontal", "vertical"]
    case (_, "colors"): Colormap.allCases.map(\.rawValue)
    case (_, "half"): GuidanceRole.allCases.map(\.rawValue)
    case (_, "blocks"): ["down", "mid", "up"]
    case ("bundled_image", "name"): ImageNatives.bundled
    case ("model", "prediction"): ["epsilon", "v"]
    case ("save", "format"): ModelSaving.formats
    case ("model", "precision"): ["auto"] + Precision.allCases.map(\.rawValue)
    default: []
    }
  }

  /// Whether a parameter of a native is the path of a file or folder.
  package static func isPath(_ parameter: String, of native: String) -> Bool {
    switch (native, parameter) {
    case (_, "path"), (_, "folder"), (_, "file"), ("model", "name"), ("model", "vae"), ("model", "config"): true
    default: false
    }
  }

  /// The names `model` finds without a file.
  package static var bundledModels: [String] { EmbeddedTree.folders.filter { EmbeddedTree($0).exists("model_index.json") } }
}
