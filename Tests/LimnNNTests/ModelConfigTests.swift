import LimnNN
import Testing

@Suite struct ModelConfigTests {
  private let config = ModelConfig(
    ["layers": 2, "widths": [1, 2, 3], "name": "silu", "none": nil, "eps": 1e-5, "flag": true], file: "config.json")

  private func message(_ body: () throws -> Any) -> String {
    do { return "\(try body())" } catch { return "\(error)" }
  }

  @Test func readsValuesAndDefaults() throws {
    #expect(try config.count("layers", default: 9) == 2)
    #expect(try config.count("absent", default: 9) == 9)
    #expect(try config.count("none", default: 9) == 9)
    #expect(try config.float("eps", default: 0) == 1e-5)
    #expect(try config.bool("flag", default: false))
    #expect(try config.string("name", default: "") == "silu")
    #expect(try config.perBlock("layers", blocks: 3, default: 1) == [2, 2, 2])
    #expect(try config.perBlock("widths", blocks: 3, default: 1) == [1, 2, 3])
  }

  @Test func namesTheKeyOfAWrongValue() {
    #expect(
      message { try config.count("name", default: 1) }
        == "'config.json': 'name': the value does not fit: found \"silu\", expected a whole number from 0 up")
    #expect(
      message { try config.perBlock("widths", blocks: 2, default: 1) }
        == "'config.json': 'widths': the value does not fit: found [1,2,3], expected one number or a list of 2, one a block")
    #expect(
      message { try config.require("flag", false) }
        == "'config.json': 'flag': this setting is not supported: found true, expected false")
    #expect(message { try config.require("layers", 2) } == "()")
    #expect(message { try config.require("absent", 2) } == "()")
  }
}
