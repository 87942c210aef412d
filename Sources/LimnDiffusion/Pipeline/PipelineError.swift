/// A request that a model cannot fulfil, in a sentence.
package struct PipelineError: Error, Hashable, Sendable, CustomStringConvertible {
  package let message: String

  package init(_ message: String) { self.message = message }

  package var description: String { message }
}
