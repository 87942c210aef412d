/// The declared face of a native function: `blur(image: image, radius: float = 2.0)`.
package struct Signature: Sendable {
  package let name: String
  /// The last may be `..rest`.
  package let parameters: [Parameter]
  /// What stands after `->`, for docs and checks; nil when not said.
  package let result: TypeAnnotation?
  /// The text it was parsed from; the ranges of the parameters count its bytes.
  package let source: SourceText

  /// Parses a signature that stands in Swift code.
  ///
  /// - Traps: if it is no signature.
  package init(_ text: String) {
    do {
      self = try parseSignature(text)
    } catch {
      preconditionFailure("signature '\(text)': \(error.message)")
    }
  }

  fileprivate init(name: String, parameters: [Parameter], result: TypeAnnotation?, source: SourceText) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.source = source
  }
}

/// Parses `name(parameters)` or `name(parameters) -> type`; the parameters are those of `func`, and the last may be
/// `..rest`, which takes the arguments that are left.
///
/// - Throws: The first diagnostic.
package func parseSignature(_ text: String) throws(Diagnostic) -> Signature {
  let source = SourceText(text, name: "signature")
  var parser = Parser(tokenize(source))
  parser.isSignature = true
  do {
    let (name, parameters, result) = try parser.signature()
    if let diagnostic = parser.stream.diagnostics.first ?? parser.diagnostics.first { throw diagnostic }
    return Signature(name: name, parameters: parameters, result: result, source: source)
  } catch let diagnostic as Diagnostic {
    throw diagnostic
  } catch {
    throw parser.stream.diagnostics.first ?? parser.diagnostics[0]
  }
}

extension Parser {
  fileprivate mutating func signature() throws(Failure) -> (String, [Parameter], TypeAnnotation?) {
    guard token.kind.isWord else { throw failure(.expectedName, expected: "the name of the function") }
    let name = text(advance())
    guard token.kind == .leftParen else { throw failure(.expectedToken, expected: "'('") }
    let parameters = try parameterList()
    for parameter in parameters.dropLast() where parameter.isRest {
      report(.duplicateParameter, "'..\(parameter.name.text)' is not the last parameter", at: parameter.range)
    }
    let result = take(.thinArrow) ? try typeAnnotation() : nil
    guard token.kind == .end else { throw failure(.expectedStatementEnd, expected: "the end of the signature") }
    return (name, parameters, result)
  }
}
