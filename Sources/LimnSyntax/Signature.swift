/// The declared face of a native function: `blur(image: image, radius: float = 2.0)`.
package struct Signature: Sendable {
  package let name: String
  /// The last may be `..rest`.
  package let parameters: [Parameter]
  /// What stands after `->`, for docs and checks; nil when not said.
  package let result: TypeAnnotation?
  /// The text it was parsed from; the ranges of the parameters count its bytes.
  package let source: SourceText
}
