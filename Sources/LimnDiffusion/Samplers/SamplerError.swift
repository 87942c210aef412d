/// A sampler, step count or scheduler setting that cannot be used, in a sentence.
package struct SamplerError: Error, Hashable, Sendable, CustomStringConvertible {
  package let message: String

  package init(_ message: String) { self.message = message }

  package var description: String { message }
}
