import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

/// The bytes of a safetensors file with this header text and this much data.
private func made(_ header: String, data: Int = 0, claiming length: UInt64? = nil) -> [UInt8] {
  let text = Array(header.utf8)
  return withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) } + text
    + (0..<data).map { UInt8(truncatingIfNeeded: $0) }
}

private func read(_ bytes: [UInt8]) throws(FormatError) -> SafetensorsFile {
  try SafetensorsFile(Bytes(bytes), name: "f")
}

@Suite struct SafetensorsTests {
  @Test func readsShapesTypesAndMetadata() throws {
    let header = """
      {"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]},\
      "a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"none":{"dtype":"I64","shape":[0,3],"data_offsets":[12,12]}}
      """
    let file = try read(made(header, data: 12))
    #expect(file.keys == ["a", "b", "none"])
    #expect(file.metadata("format") == "pt")
    let b = try file.tensor("b")
    #expect(b.shape == [2, 1])
    #expect(b.dtype == .f32)
    #expect(b.floats() == [Float(bitPattern: 0x0706_0504), Float(bitPattern: 0x0B0A_0908)])
    #expect(try file.tensor("none").shape == [0, 3])
    #expect(try file.tensor("b", rows: 1..<2).floats() == [Float(bitPattern: 0x0B0A_0908)])
    #expect(throws: FormatError.self) { try file.tensor("b", rows: 1..<3) }
    #expect(try file.tensor("b", shape: [1, 1, 2]).shape == [1, 1, 2])
    #expect(throws: FormatError.self) { try file.tensor("b", shape: [3]) }
    #expect(throws: FormatError.self) { try file.tensor("c") }
  }

  @Test func misalignedDataIsCopiedNotMisread() throws {
    // The header is one byte short of a multiple of 8, so every f32 is misaligned.
    var header = #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    while header.utf8.count % 8 != 7 { header += " " }
    #expect(
      try read(made(header, data: 8)).tensor("x").floats() == [
        Float(bitPattern: 0x0302_0100), Float(bitPattern: 0x0706_0504),
      ])
  }

  @Test func doublesAreNarrowedAndOddTypesRefusedOnlyWhenAskedFor() throws {
    let header = """
      {"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"q":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[8,12]}}
      """
    let file = try read(made(header, data: 12))
    #expect(try file.tensor("d").dtype == .f32)
    let error = #expect(throws: FormatError.self) { try file.tensor("q") }
    #expect(error?.key == "q")
    #expect(error?.found == "F8_E4M3")
  }

  @Test(arguments: [
    (#"{"x":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}"#, 4, "unknown element type: found 'F31'"),
    (
      #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      8, "'x' occurs twice"
    ),
    (#"{"x":{"dtype":"F32","shape":[1],"dtype":"F16","data_offsets":[0,4]}}"#, 4, "'dtype' occurs twice"),
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "found 4 bytes, expected 8"),
    (
      #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
      6, "'y': its data overlaps that of 'x'"
    ),
    (
      #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      4, "overlaps"
    ),
    (
      #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
      12, "'y': there is a hole of 4 bytes"
    ),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "hole of 4 bytes"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 8, "data that belongs to no tensor"),
    (#"{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, 8, "cut short"),
    (#"{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0, "too large"),
    (#"{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0, "too large"),
    (#"{"x":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}"#, 0, "too large"),
    (#"{"x":{"dtype":"F32","shape":[18446744073709551617],"data_offsets":[0,4]}}"#, 4, "not a whole number"),
    (#"{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "not a whole number"),
    (#"{"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, 4, "not a whole number"),
    (#"{"x":{"dtype":"F32","shape":[1,1,1,1,1,1,1],"data_offsets":[0,4]}}"#, 4, "too many axes"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "not a range"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "not a range"),
    (#"{"x":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}"#, 4, "not a range"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "data_offsets"),
    (#"{"x":{"dtype":"F32","shape":[1]}}"#, 4, "data_offsets"),
    (#"{"x":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "no 'shape'"),
    (#"{"x":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "no 'dtype'"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}"#, 4, "unknown field 'more'"),
    (#"{"x":[1]}"#, 0, "malformed"),
    (#"{"__metadata__":{"a":1}}"#, 0, "not text"),
    (#"{"__metadata__":[]}"#, 0, "not an object"),
    (#" {"x":1}"#, 0, "not a JSON object"),
    (#"[]"#, 0, "not a JSON object"),
    (#""#, 0, "not a JSON object"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}"#, 4, "not valid JSON"),
    (
      "{\"e\u{301}\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"\u{e9}\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
      2, "twice"
    ),
  ])
  func refuses(_ header: String, data: Int, because reason: String) {
    let error = #expect(throws: FormatError.self) { try read(made(header, data: data)) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "no error")")
  }

  @Test func checksTheClaimedLengthBeforeAnythingElse() {
    for (claim, reason) in [
      (UInt64.max, "at most 100000000"), (UInt64(Int.max), "at most"), (100_000_001, "at most"),
      (99_999_999, "at least"), (3, "at least"),
    ] as [(UInt64, String)] {
      let error = #expect(throws: FormatError.self) { try read(made("{}", claiming: claim)) }
      #expect(error?.description.contains(reason) == true, "\(claim): \(error?.description ?? "no error")")
    }
  }

  @Test func boundsTheNumberOfTensors() {
    let rows = (0...SafetensorsFile.maximumEntries).map { #""\#($0)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"# }
    let error = #expect(throws: FormatError.self) { try read(made("{\(rows.joined(separator: ","))}")) }
    #expect(error?.description.contains("too many tensors") == true)
    let flood = "{\"x\":[" + String(repeating: "0,", count: 2_000_000) + "0]}"
    #expect(throws: FormatError.self) { try read(made(flood)) }
  }

  @Test func everyTruncationOfAFileIsRefused() throws {
    let whole = made(
      #"{"a":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},"b":{"dtype":"I32","shape":[2],"data_offsets":[6,14]}}"#,
      data: 14)
    #expect(try read(whole).keys == ["a", "b"])
    for length in 0..<whole.count {
      #expect(throws: FormatError.self, "cut at \(length)") { try read(Array(whole[..<length])) }
    }
  }

  @Test func noMutationReachesOutsideTheFile() throws {
    let whole = made(
      #"{"__metadata__":{"k":"v"},"a":{"dtype":"F16","shape":[3,1],"data_offsets":[0,6]},"b":{"dtype":"I32","shape":[2],"data_offsets":[6,14]}}"#,
      data: 14)
    var random = SplitMix(state: 20_261_121)
    var accepted = 0
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0...Int.random(in: 0..<3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1:
          bytes[place] = UInt8(
            ascii: "0123456789,:\"[]{}-e".utf8.randomElement(using: &random).map { Unicode.Scalar($0) }!)
        case 2: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 32..<127, using: &random), at: place)
        }
      }
      guard let file = try? read(bytes) else { continue }
      accepted += 1
      for (key, entry) in file.entries {
        #expect(entry.range.lowerBound >= 8 && entry.range.upperBound <= bytes.count)
        _ = try? file.tensor(key).floats()
      }
    }
    #expect(accepted > 100)  // changes of names and data are harmless, so the corpus did reach the accepting paths
  }

  @Test func namesFileKeyFoundAndExpected() {
    let error = #expect(throws: FormatError.self) {
      try read(made(#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, data: 4))
    }
    #expect(error?.description == "'f': 'x': the data does not fit F32 of [2]: found 4 bytes, expected 8")
  }

  @Test func saysWhatIsAtAPathThatIsNoFile() throws {
    try withTemporaryFolder { folder in
      let missing = #expect(throws: FormatError.self) { try SafetensorsFile(path: "\(folder)/none") }
      #expect(missing?.description.contains("No such file") == true)
      let aFolder = #expect(throws: FormatError.self) { try SafetensorsFile(path: folder) }
      #expect(aFolder?.description.contains("found a folder, expected a file") == true)
      write([], to: "\(folder)/empty")
      let empty = #expect(throws: FormatError.self) { try SafetensorsFile(path: "\(folder)/empty") }
      #expect(empty?.description.contains("found 0 bytes") == true)
    }
  }
}

@Suite struct SafetensorsWriterTests {
  @Test func writesWhatTheReaderReads() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      let square = Tensor([1, 2, 3, 4, 5, 6], [2, 3])
      try SafetensorsFile.write(
        [
          ("half", square.converted(to: .f16)), ("turned", square.transposed()), ("ids", Tensor(ints: [7, -8], [2])),
          ("one", Tensor(3.5)),
        ],
        metadata: [("format", "pt")], to: path)
      let file = try SafetensorsFile(path: path)
      #expect(file.keys == ["half", "ids", "one", "turned"])
      #expect(file.metadata("format") == "pt")
      #expect(try file.tensor("half").dtype == .f16)
      #expect(try file.tensor("half").floats() == [1, 2, 3, 4, 5, 6])
      #expect(try file.tensor("turned").floats() == [1, 4, 2, 5, 3, 6])
      #expect(try file.tensor("ids").ints() == [7, -8])
      #expect(try file.tensor("one").shape == [])
      #expect(FolderTree(folder).list("") == ["a.safetensors"])
    }
  }

  @Test func givesBackAFixtureByteForByteInContent() throws {
    let source = try SafetensorsFile(path: Fixtures.path("sd1/text_encoder/model.safetensors"))
    try withTemporaryFolder { folder in
      let path = "\(folder)/copy.safetensors"
      try SafetensorsFile.write(source.keys.map { ($0, try source.tensor($0)) }, metadata: source.metadata, to: path)
      let copy = try SafetensorsFile(path: path)
      #expect(copy.keys == source.keys)
      for key in source.keys { expectSame(try copy.tensor(key), try source.tensor(key), key) }
    }
  }

  @Test func leavesTheOldFileWhenItFails() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      try SafetensorsFile.write([("x", Tensor(1))], to: path)
      #expect(throws: FormatError.self) { try SafetensorsFile.write([("x", Tensor(2)), ("x", Tensor(3))], to: path) }
      #expect(throws: FormatError.self) { try SafetensorsFile.write([("__metadata__", Tensor(2))], to: path) }
      #expect(try SafetensorsFile(path: path).tensor("x").item == 1)
      #expect(FolderTree(folder).list("") == ["a.safetensors"])
      let error = #expect(throws: FormatError.self) {
        try SafetensorsFile.write([], to: "\(folder)/none/a.safetensors")
      }
      #expect(error?.description.contains("cannot be written: No such file") == true)
    }
  }
}
