import LimnDiffusion
import LimnImage
import LimnTensor

/// What the natives' signatures do not say and completion wants to know.
package enum ArgumentChoices {
  /// The strings that a parameter of a native takes; empty when it takes any.
  package static func values(of parameter: String, in native: String) -> [String] {
    switch (native, parameter) {
    case (_, "sampler"): SamplerNames.canonical
    case (_, "dtype"): DType.allCases.map(\.name)
    case (_, "long"): LongPrompt.allCases.map(\.rawValue)
    case ("resize", "filter"): ResizeFilter.allCases.map(\.rawValue)
    case ("resize", "mode"): MaskResize.allCases.map(\.rawValue)
    case ("flip", "axis"): ["horizontal", "vertical"]
    case (_, "colors"): Colormap.allCases.map(\.rawValue)
    case (_, "half"): GuidanceRole.allCases.map(\.rawValue)
    case (_, "blocks"): ["down", "mid", "up"]
    case ("model", "prediction"): ["epsilon", "v"]
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

  /// The type that a native's result surely has, by its name; nil when that depends on what it is given.
  package static func result(of native: String) -> String? {
    switch native {
    case "sample", "start", "back", "finish": "run"
    case "encode": "condition"
    case "denoise": "prediction"
    case "noise", "zeros", "ones", "full", "eye", "randn", "rand", "tensor", "arange": "tensor"
    case "heat", "overlay", "row", "grid", "crop", "flip", "paste", "mix", "label", "caption", "enlarge", "image": "image"
    case "model", "mask", "rng", "token", "timestep", "scheduler", "int", "float", "string", "list", "range": native
    case "len": "int"
    case "type", "upper", "lower", "trim", "join": "string"
    case "timesteps", "keys", "values", "items", "split", "lines", "words": "list"
    default: nil
    }
  }
}
