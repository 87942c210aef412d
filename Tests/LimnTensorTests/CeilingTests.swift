import LimnTensor
import Testing

@Suite struct CeilingTests {
  /// Bounds that any processor of the last ten years keeps, however busy; a loop that the compiler left out would be far above.
  @Test func ratesAreThoseOfAProcessor() {
    let f32 = Ceiling.f32()
    #expect(f32 > 1e8 && f32 < 1e13)
    if let bf16 = Ceiling.bf16() { #expect(bf16 > 1e8 && bf16 < 1e14) }
    let memory = Ceiling.memory()
    #expect(memory > 1e8 && memory < 1e13)
  }
}
