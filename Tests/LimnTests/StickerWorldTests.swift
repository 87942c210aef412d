import Limn
import Testing

/// What scripts cannot say of the sticker world in their own tests: how long its scenes take.
@Suite struct StickerWorldTests {
  @Test func scenesAreMadeInMilliseconds() throws {
    let session = Session(Session.Options())
    let script = """
      use sticker_world
      let warm = [sticker_world.scene(sticker_world.random_spec(rng(i))) for i in 0..<20]
      let start = clock()
      for i in 0..<200 { let s = sticker_world.scene(sticker_world.random_spec(rng(i))) }
      (clock() - start) * 1000 / 200
      """
    guard case .value(let display) = session.evaluate(script), let milliseconds = Double(display?.text ?? "") else {
      Issue.record("the scenes were not made")
      return
    }
    print("a sticker scene takes \(milliseconds) ms")
    // Two on an idle core are the aim; a machine under test is never idle.
    #expect(milliseconds < 20)
  }
}
