import LimnTensor

/// An activation function as a config names it.
package enum Activation: Sendable {
  case silu
  case gelu
  /// `x · σ(1.702 x)`, OpenAI CLIP's approximation.
  case quickGelu
  case relu

  /// - Throws: ``FormatError`` when the name is none of those the implemented models use.
  package init(_ config: ModelConfig, _ key: String, default fallback: String) throws {
    let name = try config.string(key, default: fallback)
    switch name {
    case "silu", "swish": self = .silu
    case "gelu": self = .gelu
    case "quick_gelu": self = .quickGelu
    case "relu": self = .relu
    default: throw config.wrong(key, .string(name), expected: "'silu', 'gelu', 'quick_gelu' or 'relu'")
    }
  }

  package func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .silu: x.silu()
    case .gelu: x.gelu()
    case .quickGelu: x.quickGelu()
    case .relu: x.relu()
    }
  }
}
