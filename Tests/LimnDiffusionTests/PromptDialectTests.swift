import LimnDiffusion
import LimnNN
import LimnTensor
import LimnTestSupport
import Testing

/// Prompts of other tools. What is expected of A1111 are the facts of its own documented examples.
@Suite struct PromptDialectTests {
  private let model: Model

  init() throws { model = try Model.load(Fixtures.path("sd1"), options: ModelOptions(precision: .f32)) }

  /// The text in parts of one weight each.
  private func parts(_ source: String, _ dialect: PromptDialect) throws -> [(String, Float)] {
    let prompt = try WeightedPrompt(source, dialect: dialect)
    var parts: [(String, Float)] = []
    for (offset, byte) in prompt.text.utf8.enumerated() {
      let weight = prompt.weight(at: offset), character = String(UnicodeScalar(byte))
      if let last = parts.last, abs(last.1 - weight) < 1e-5 { parts[parts.count - 1].0 += character } else { parts.append((character, weight)) }
    }
    return parts
  }

  private func expectParts(_ source: String, _ dialect: PromptDialect, _ expected: [(String, Float)]) throws {
    let found = try parts(source, dialect)
    #expect(found.map(\.0) == expected.map(\.0), "\(source)")
    for (a, b) in zip(found, expected) { #expect(abs(a.1 - b.1) < 1e-4, "\(source): \(a) expected \(b)") }
  }

  @Test(arguments: [
    ("normal text", [("normal text", 1)]), ("an (important) word", [("an ", 1), ("important", 1.1), (" word", 1)]),
    ("(unbalanced", [("unbalanced", 1.1)]), (#"\(literal\]"#, [("(literal]", 1)]), ("(unnecessary)(parens)", [("unnecessaryparens", 1.1)]),
    ("[less] a", [("less", 1 / 1.1), (" a", 1)]), ("(a: 0.5 )", [("a", 0.5)]), ("a) b]", [("a) b]", 1)]), ("3:2 [a:b]", [("3:2 ", 1), ("a:b", 1 / 1.1)]),
    (
      "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
      [("a ", 1), ("house", 1.573), (" ", 1.1), ("on", 1), (" a ", 1.1), ("hill", 0.55), (", sun, ", 1.1), ("sky", 1.4641), (".", 1.1)]
    ),
  ] as [(String, [(String, Float)])]) func a1111(_ source: String, _ expected: [(String, Float)]) throws {
    try expectParts(source, .a1111, expected)
  }

  @Test func bracketsWithoutAPartnerAreSaid() throws {
    #expect(try WeightedPrompt("a (b", dialect: .a1111).notes == ["'(' is never closed and reaches to the end, at character 3 of the prompt: '(b'"])
    #expect(try WeightedPrompt("a]", dialect: .a1111).notes == ["']' was never opened and is text, at character 2 of the prompt: ']'"])
    #expect(try WeightedPrompt("(a) [b]", dialect: .a1111).notes == [])
  }

  @Test(arguments: [
    ("a man picking apricots+", [("a man picking ", 1), ("apricots", 1.1)]), ("(picking apricots)-- now", [("picking apricots", 0.81), (" now", 1)]),
    ("(picking apricots+)++", [("picking ", 1.21), ("apricots", 1.331)]), ("picking (apricots)1.3,", [("picking ", 1), ("apricots", 1.3), (",", 1)]),
    ("(a (b)1.5 c)2.", [("a ", 2), ("b", 3), (" c", 2), (".", 1)]), ("a well-known (word) - b", [("a well-known word - b", 1)]),
    ("red++, blue-.", [("red", 1.21), (", ", 1), ("blue", 0.9), (".", 1)]), (#"a \(b\)"#, [("a (b)", 1)]), (#"\a"#, [(#"\a"#, 1)]),
  ] as [(String, [(String, Float)])]) func compel(_ source: String, _ expected: [(String, Float)]) throws {
    try expectParts(source, .compel, expected)
  }

  @Test(arguments: [
    ("a [b:c:0.5]", PromptDialect.a1111, "words that change on the way, as in [a:b:0.5], are not supported, at character 3 of the prompt: '[b:c:0.5]'"),
    ("a [b|c]", .a1111, "words that take turns, as in [a|b], are not supported, at character 3 of the prompt: '[b|c]'"),
    ("a cat AND a dog", .a1111, "prompts joined with AND are not supported in the dialect \"a1111\", at character 7 of the prompt: 'AND a dog'"),
    ("<lora:x:0.5> a", .a1111, "adapters in prompts are not supported, at character 1 of the prompt: '<lora:x:0.5> a'"),
    ("(a:1.2.3)", .a1111, "a weight is no number, at character 4 of the prompt: '1.2.3)'"),
    ("é (a", .compel, "'(' is never closed, at character 3 of the prompt: '(a'"),
    ("a)", .compel, "')' was never opened, at character 2 of the prompt: ')'"),
    ("(\"a\", \"b\").and()", .compel, "'.and()' is not supported in the dialect \"compel\", at character 11 of the prompt: '.and()'"),
    ("(\"a\", \"b\").blend(1, 0.8)", .compel, "'.blend()' is not supported in the dialect \"compel\", at character 11 of the prompt: '.blend(1, 0.8)'"),
    ("(a)+-", .compel, "a weight mixes '+' and '-', at character 4 of the prompt: '+-'"),
    ("(a)-1", .compel, "a weight is no number from 0 up, at character 4 of the prompt: '-1'"),
    ("a (b:1.3", .limn, "'(' with a weight is never closed, at character 3 of the prompt: '(b:1.3'"),
    ("(b:1.2.3)", .limn, "a weight is no number, at character 4 of the prompt: '1.2.3)'"),
    ("a (:2)", .limn, "a weight stands without words, at character 3 of the prompt: '(:2)'"),
  ] as [(String, PromptDialect, String)]) func whatIsNotWellFormedHasAPlace(_ source: String, _ dialect: PromptDialect, _ message: String) {
    do {
      let prompt = try WeightedPrompt(source, dialect: dialect)
      Issue.record("'\(source)' was read as '\(prompt.text)'")
    } catch { #expect("\(error)" == message) }
  }

  private func encode(_ prompt: String, _ dialect: PromptDialect) throws -> Condition {
    try model.encode([prompt], Model.TextOptions(dialect: dialect))
  }

  @Test func a1111ScalesAndRestoresTheMean() throws {
    let z = try encode("a panda on grass", .a1111).tensor
    let condition = try encode("a (panda) on grass", .a1111)
    var weights = Array(repeating: Float(1), count: z.shape[1])
    for position in try condition.prompts[0].positions(of: "panda") { weights[position] = 1.1 }
    let scaled = z * Tensor(weights, [1, weights.count, 1])
    expectClose(condition.tensor, scaled * (z.mean() / scaled.mean()), relativeToLargest: 1e-5)
  }

  @Test func breakBeginsARow() throws {
    let condition = try encode("a panda BREAK a bowl", .a1111)
    let (first, second) = (try encode("a panda", .a1111), try encode("a bowl", .a1111))
    #expect(condition.tensor.floats() == Tensor.concatenated([first.tensor, second.tensor], axis: 1).floats())
    #expect(try condition.prompts[0].positions(of: "bowl") == second.prompts[0].positions(of: "bowl").map { $0 + 77 })
    #expect(try encode("BREAK a bowl", .a1111).tensor.shape[1] == 154)
    #expect(try WeightedPrompt("aBREAK BREAKER", dialect: .a1111).breaks == [])
  }

  @Test func compelStretchesFromTheEmptyPrompt() throws {
    let z = try encode("a panda on grass", .compel).tensor, empty = try encode("", .compel).tensor
    let condition = try encode("a (panda)1.5 on grass", .compel)
    var weights = Array(repeating: Float(1), count: z.shape[1])
    for position in try condition.prompts[0].positions(of: "panda") { weights[position] = 1.5 }
    expectClose(condition.tensor, empty + (z - empty) * Tensor(weights, [1, weights.count, 1]), relativeToLargest: 1e-5)
  }

  @Test func compelBlendsWithThePromptWithoutTheWords() throws {
    let z = try encode("a panda on grass", .compel), empty = try encode("", .compel).tensor
    let half = try encode("a (panda)0.5 on grass", .compel).tensor, none = try encode("a (panda)0 on grass", .compel).tensor
    let positions = try z.prompts[0].positions(of: "panda"), first = positions[0]
    // Before the words nothing changes, as nobody there looked at them.
    let before = half.sliced(axis: 1, from: 0, to: first)
    expectClose(before, z.tensor.sliced(axis: 1, from: 0, to: first), relativeToLargest: 1e-5)
    // After them a half is the mean of all and nothing, and nothing is far from all.
    let end = positions.last! + 1, last = z.tensor.shape[1]
    let all = z.tensor.sliced(axis: 1, from: end, to: last), rest = none.sliced(axis: 1, from: end, to: last)
    expectClose(half.sliced(axis: 1, from: end, to: last), 0.5 * (all + rest), relativeToLargest: 1e-3)
    #expect((all - rest).abs().max().item > 1e-2)
    // The words themselves end up as in the empty prompt.
    expectClose(none.sliced(axis: 1, from: first, to: end), empty.sliced(axis: 1, from: first, to: end), relativeToLargest: 1e-3)
  }

  @Test func ignoringNothingIsTheSameEncoding() throws {
    let ids = model.tokenizer.tokenize("a panda on grass").rows
    let plain = try model.textEncoder(ids: ids).last, kept = try model.textEncoder(ids: ids, keep: Tensor.ones([1, ids[0].count])).last
    expectClose(kept, plain, relativeToLargest: 1e-5)
  }
}
