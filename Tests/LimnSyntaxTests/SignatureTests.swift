import LimnSyntax
import Testing

@Suite struct SignatureTests {
  @Test(arguments: [
    ("blur(image: image, radius: float = 2.0)", "blur(image: image, radius: float = 2.0)"),
    ("print(..args)", "print(..args)"),
    ("zeros(shape: list, dtype: string = \"f32\")", "zeros(shape: list, dtype: string = \"f32\")"),
    (
      "matmul(a: tensor[.., m, k], b: tensor[.., k, n]) -> tensor[.., m, n]",
      "matmul(a: tensor[.., m, k], b: tensor[.., k, n]) -> tensor[.., m, n]"
    ),
    ("now()", "now()"), ("test(in: list)", "test(in: list)"),
  ])
  func readsNamesTypesShapesDefaultsAndRest(_ text: String, _ expected: String) throws {
    let signature = try parseSignature(text)
    let parameters = signature.parameters.map(dump).joined(separator: ", ")
    #expect("\(signature.name)(\(parameters))" + (signature.result.map { " -> " + dump($0) } ?? "") == expected)
  }

  @Test func defaultsAreTreesWithTheirSource() throws {
    let signature = Signature("noise(pipe, seed: int = -1, size = [64, 64])")
    #expect(signature.parameters.map(\.isRest) == [false, false, false])
    #expect(signature.parameters[0].type == nil)
    let value = try #require(signature.parameters[2].defaultValue)
    #expect(signature.source[value.range] == "[64, 64]")
  }

  @Test(arguments: [
    ("blur", "expected '(', found the end of the text"), ("blur(", "expected a parameter, found the end of the text"),
    ("f(..a, b)", "'..a' is not the last parameter"), ("f(a, a)", "parameter 'a' stands twice"),
    ("f(a) b", "expected the end of the signature, found 'b'"), ("f(a: t[.., ..])", "'..' stands twice in one shape"),
    ("f(a: 3)", "expected a type, found '3'"),
  ])
  func whatIsNoSignatureIsTold(_ text: String, _ message: String) {
    #expect(throws: Diagnostic.self) { try parseSignature(text) }
    do throws(Diagnostic) { _ = try parseSignature(text) } catch { #expect(error.message == message) }
  }
}
