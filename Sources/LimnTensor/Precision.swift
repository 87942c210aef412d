import CLimnKernels

/// In which numbers a model multiplies. Its results, sums, statistics and softmax are f32 either way.
package enum Precision: String, CaseIterable, Sendable {
  /// Factors as they are: weights in the type of their file, widened exactly.
  case f32
  /// Factors rounded to bf16: on a unit that multiplies such numbers where the processor has one, else the weights alone.
  case bf16

  /// What `auto` means on this processor: bf16 where it has a unit for that, as nothing is won elsewhere.
  package static var automatic: Precision { Hardware.multipliesBF16 ? .bf16 : .f32 }
}
