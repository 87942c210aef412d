import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

@Suite struct TorchFileTests {
  private func file(_ name: String) throws -> TorchFile { try TorchFile(path: Fixtures.path("torch/\(name)"), name: name) }

  private func tensor(_ file: TorchFile, _ value: TorchFile.Value?) throws -> Tensor {
    guard case .tensor(let entry)? = value else {
      Issue.record("no tensor")
      return .zeros([1])
    }
    return try file.tensor(entry, key: "x")
  }

  private func message(_ name: String) -> String {
    do {
      let file = try file(name)
      return "nothing was thrown; it holds \(file.root.brief)"
    } catch { return "\(error)" }
  }

  @Test(arguments: ["learned_embeds.bin", "legacy.bin", "double.bin"]) func vectorsAreThoseOfTheSafetensorsFile(_ name: String) throws {
    let expected = try SafetensorsFile(path: Fixtures.path("ti/learned_embeds.safetensors"))
    let file = try file(name)
    for key in expected.keys { #expect(try tensor(file, file.root[key]).floats() == expected.tensor(key).converted(to: .f32).floats(), "\(key)") }
  }

  @Test(arguments: [("half.bin", DType.f16, Float(1e-3)), ("bfloat16.bin", .bf16, 8e-3)]) func halfWidthsAreRead(_ name: String, dtype: DType, tolerance: Float) throws {
    let expected = try SafetensorsFile(path: Fixtures.path("ti/learned_embeds.safetensors")).tensor("<panda>").converted(to: .f32)
    let file = try file(name)
    let found = try tensor(file, file.root["<panda>"])
    #expect(found.dtype == dtype)
    expectClose(found.converted(to: .f32), expected, relativeToLargest: tolerance)
  }

  @Test func weightsAreAStateDictWhereverTheyLieInTheirStorage() throws {
    let weights = try file("state.ckpt").weights()
    #expect(weights.keys == ["across", "apart", "bias", "none", "scalar", "weight"])
    let base = (0..<24).map(Float.init)
    #expect(try weights.tensor("weight").floats() == [0, 1, 2, 6, 7, 8])
    #expect(try weights.tensor("bias").floats() == [18, 19])
    #expect(try weights.tensor("across").shape == [6, 4])
    #expect(try weights.tensor("across").floats() == (0..<6).flatMap { column in (0..<4).map { base[$0 * 6 + column] } })
    #expect(try weights.tensor("apart").floats() == [1, 3, 5, 13, 15, 17])
    #expect(try weights.tensor("across", rows: 1..<3).floats() == [1, 7, 13, 19, 2, 8, 14, 20])
    #expect(try weights.tensor("scalar").ints() == [7] && weights.tensor("none").shape == [0, 4])
  }

  @Test func numbersAndTextsStandBesideTheWeights() throws {
    let root = try file("state.ckpt").root
    guard case .int(470_000)? = root["global_step"], case .float(1e-4)? = root["lr"], case .none? = root["best"], case .list(let flags)? = root["flags"],
      case .bool(true) = flags[0], case .list(let inner) = flags[1], case .int(1) = inner[0], case .int(-2) = inner[1], case .int(1 << 40) = inner[2]
    else {
      Issue.record("\(root)")
      return
    }
  }

  @Test func aCheckpointOfTorchIsAFileOfWeights() throws {
    let expected = try SafetensorsFile(path: Fixtures.path("sd1/text_encoder/model.safetensors"))
    let path = Fixtures.path("torch/pytorch_model.bin")
    let weights = try SafetensorsFile.weights(try Bytes.mapping(path), name: path)
    #expect(weights.keys == expected.keys)
    for key in weights.keys { #expect(try weights.tensor(key).converted(to: .f32).floats() == expected.tensor(key).converted(to: .f32).floats(), "\(key)") }
  }

  @Test func whatWouldRunIsRefusedByItsName() {
    #expect(
      message("evil.pt")
        == "'evil.pt': is a pickle that is not read: it asks for 'posix.system', which is no part of a file of weights; nothing was run; if it comes from someone you trust, convert it there: safetensors.torch.save_file(…)")
    #expect(FileKind(at: "/tmp/limn-was-run") == .missing)
  }

  @Test func whatIsNoFileOfTorchsIsNamed() {
    #expect(message("plain.pkl") == "'plain.pkl': is no file of torch's: expected what torch.save writes")
    #expect(message("compressed.bin").contains("is compressed, which torch does not do"))
    #expect(message("cut.bin").contains("its directory is missing, so the file is cut short"))
    #expect(message("deep.pt").contains("nests too deeply or refers to itself"))
    #expect(message("turns.pt").contains("it copies more than 8000000 values"))
  }

  /// However a file is broken, reading it ends in an error or in tensors inside of the file.
  @Test(arguments: ["learned_embeds.bin", "legacy.bin", "a1111.pt", "original.pt", "state.ckpt"]) func brokenFilesEndInErrors(_ name: String) throws {
    let whole = try Bytes.mapping(Fixtures.path("torch/\(name)")).withBytes { Array($0) }
    var random = SplitMix(state: 7)
    func read(_ bytes: [UInt8]) {
      guard let file = try? TorchFile(Bytes(bytes), name: name), let weights = try? file.weights() else { return }
      for key in weights.keys { _ = (try? weights.tensor(key))?.shape.count }
    }
    for length in stride(from: 0, to: whole.count, by: whole.count > 1000 ? 7 : 1) { read(Array(whole[..<length])) }
    for _ in 0..<4000 {
      var bytes = whole
      for _ in 0...random.next() % 3 {
        let place = Int(random.next() % UInt64(bytes.count))
        // Small numbers, all ones, one bit, anything: what lengths and counts go wrong with.
        bytes[place] =
          switch random.next() % 4 {
          case 0: UInt8(random.next() % 4)
          case 1: 0xFF
          case 2: bytes[place] ^ (1 << UInt8(random.next() % 8))
          default: UInt8(truncatingIfNeeded: random.next())
          }
      }
      read(bytes)
    }
  }
}
