import LimnDiffusion
import LimnImage
import LimnNN
import LimnRuntime
import LimnTensor

/// Errors of the modules that know no language, as a script's faults. The words stay theirs.
package enum Faults {
  package static func translate(_ error: any Error) -> Fault? {
    switch error {
    case let error as ShapeError: Fault(.shape, error.message)
    case let error as MemoryError: Fault(.memory, error.description)
    case let error as PromptError: Fault(.value, error.description)
    case let error as PromptSyntaxError: Fault(.value, error.description)
    case let error as PipelineError: Fault(.value, error.description)
    case let error as SamplerError: Fault(.value, error.description)
    case let error as FormatError: Fault(.model, error.description)
    case let error as ImageError: Fault(.value, error.description)
    case is CancellationError: .interrupted
    default: nil
    }
  }
}
