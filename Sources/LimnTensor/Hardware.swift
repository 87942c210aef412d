import CLimnKernels

/// What the kernels found on this machine.
package enum Hardware {
  /// The instruction set in use: `portable`, `avx2`, `avx512`.
  package static var instructionSet: String { String(cString: limn_isa_name(limn_isa_current())) }

  /// Those this processor has kernels for.
  package static var availableInstructionSets: [String] {
    (0..<LIMN_ISA_COUNT.rawValue).map { limn_isa($0) }.filter { limn_isa_available($0) != 0 }.map { String(cString: limn_isa_name($0)) }
  }

  /// Whether there is a unit that multiplies bf16 numbers into f32 sums.
  package static var multipliesBF16: Bool { limn_bf16_current() == LIMN_BF16_AMX || limn_bf16_current() == LIMN_BF16_AVX512 }

  /// The unit that multiplies in bf16: `none`, `avx512`, `amx`, `emulated-…`. The first look asks the system for tile registers.
  package static var bf16Unit: String { String(cString: limn_bf16_name(limn_bf16_current())) }

  /// OpenBLAS as it is in use, or why it is not. Opens the library.
  package static var blas: String {
    _ = limn_blas_suits(1024, 1024)
    return String(cString: limn_blas_description())
  }
}
