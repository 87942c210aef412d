import LimnNN
import Testing

@Suite struct JSONTests {
  @Test func readsEveryKindOfValueAndKeepsTheOrderOfKeys() throws {
    let json = try JSON(parsing: #" { "z": [1, -2.5e-1, true, false, null], "a": {"é\u00e9\ud83d\ude00\n": "x/\/"} } "#)
    #expect(json.object?.map(\.key) == ["z", "a"])
    #expect(json["z"] == [1, -0.25, true, false, nil])
    #expect(json["a"]?.object?.first?.key == "éé😀\n")
    #expect(json["a"]?.object?.first?.value.string == "x//")
    #expect(json.description == #"{"z":[1,-0.25,true,false,null],"a":{"éé😀\n":"x//"}}"#)
  }

  @Test func integersKeepTheirExactValue() throws {
    #expect(try JSON(parsing: "9223372036854775807").int == .max)
    #expect(try JSON(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try JSON(parsing: "4.0").int == 4)
    #expect(try JSON(parsing: "4.5").int == nil)
  }

  @Test(arguments: [
    ("", "it ends where a value is expected"), ("{", "expected a key"), ("[1,]", "a comma before ']'"),
    ("{\"a\":1,}", "a comma before '}'"), ("{\"a\" 1}", "expected ':'"), ("[1 2]", "expected ',' or ']'"),
    ("01", "cannot start with 0"),
    ("1.", "expected a digit"), ("-", "expected a digit"), ("1e", "expected a digit"), ("+1", "cannot start with '+'"),
    ("NaN", "cannot start with 'N'"), ("nul", "expected 'null'"), ("\"a", "does not end"),
    ("\"\u{01}\"", "control character"),
    (#""\x""#, "unknown escape"), (#""\ud800""#, "surrogate"), (#""\ud800\u0041""#, "surrogate"),
    (#""\udc00""#, "surrogate"),
    (#""\u12g4""#, "four hex digits"), ("1 2", "text after the end"), ("{\"a\":1,\"a\":2}", "'a' occurs twice"),
    ("1e999", "too large"),
    ("/* */1", "cannot start with '/'"), ("{'a':1}", "expected a key"),
  ])
  func refuses(_ text: String, because reason: String) {
    let error = #expect(throws: FormatError.self) { try JSON(parsing: text, file: "config.json") }
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "no error")")
    #expect(error?.file == "config.json")
  }

  @Test func findsARepeatedKeyInALargeObject() {
    let members = (0..<100).map { "\"k\($0)\":0" } + ["\"k57\":1"]
    let error = #expect(throws: FormatError.self) { try JSON(parsing: "{\(members.joined(separator: ","))}") }
    #expect(error?.message.contains("'k57' occurs twice") == true)
  }

  @Test func refusesTextThatIsNotUTF8() {
    let bytes: [UInt8] = [0x22, 0xFF, 0x22]
    #expect(throws: FormatError.self) { try bytes.withUnsafeBytes { _ = try JSON(parsing: $0, file: "x") } }
  }

  @Test func boundsNestingAndTheNumberOfValues() throws {
    let limits = JSON.Limits(depth: 3, values: 10)
    #expect(try JSON(parsing: "[[[1]]]", limits: limits) == [[[1]]])
    #expect(throws: FormatError.self) { try JSON(parsing: "[[[[1]]]]", limits: limits) }
    #expect(try JSON(parsing: "[1,2,3,4,5,6,7,8,9]", limits: limits).array?.count == 9)
    #expect(throws: FormatError.self) { try JSON(parsing: "[1,2,3,4,5,6,7,8,9,10]", limits: limits) }
    #expect(throws: FormatError.self) { try JSON(parsing: String(repeating: "[", count: 1_000_000)) }
  }

  @Test func namesTheLineOfAMistake() {
    let error = #expect(throws: FormatError.self) { try JSON(parsing: "{\n\"a\": 1,\n\"b\": x\n}", file: "f") }
    #expect(error?.description == "'f': not valid JSON at line 3, column 6: a value cannot start with 'x'")
    let comma = #expect(throws: FormatError.self) { try JSON(parsing: "[1, 2,\n]", file: "f") }
    #expect(comma?.description == "'f': not valid JSON at line 2, column 1: a comma before ']'")
  }
}
