/// What a tensor's elements are in memory. Arithmetic is f32 (or i64 between integers); the others are storage.
package enum DType: UInt8, Sendable, Hashable, CaseIterable {
  // ORDER: limn_dtype in limn_layout.h.
  case f32, bf16, f16, i64, i32, u8, bool

  /// Bytes of one element.
  package var byteSize: Int {
    switch self {
    case .f32, .i32: 4
    case .bf16, .f16: 2
    case .i64: 8
    case .u8, .bool: 1
    }
  }

  /// The name scripts use: "f32", "bf16", …
  package var name: String {
    switch self {
    case .f32: "f32"
    case .bf16: "bf16"
    case .f16: "f16"
    case .i64: "i64"
    case .i32: "i32"
    case .u8: "u8"
    case .bool: "bool"
    }
  }

  /// Whether it is f32, bf16 or f16.
  package var isFloat: Bool { rawValue <= DType.f16.rawValue }

  /// The type of that name, nil if there is none.
  package init?(name: String) {
    guard let found = DType.allCases.first(where: { $0.name == name }) else { return nil }
    self = found
  }
}
