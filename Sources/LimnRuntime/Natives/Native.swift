import LimnSyntax

/// A built-in function: signature, doc and body together.
///
///     Native("blur(image: image, radius: float = 2.0)", doc: "A copy blurred by `radius` pixels.") { call in
///       call.make(try call.host(Picture.self, "image").blurred(radius: try call.float("radius", in: 0...256)))
///     }
///
/// Only the name is read at start; the rest of the signature is parsed when the native is first called or asked about.
/// Two natives of one name are forms of it: the first whose first parameter's type fits the first argument is called.
///
/// Types in a signature: `any`, `bool`, `int`, `float` (takes ints), `number`, `string`, `list`, `map`, `range`,
/// `function`, and the names of host types. A parameter with `= nil` also takes nil. The last may be `..rest`.
package struct Native: Sendable {
  /// Whether a call does something besides giving its result.
  package enum Effect: Sendable {
    /// Pure: a call whose result is not used is a mistake.
    case none
    /// Prints, shows, saves, draws random numbers or stops the script.
    case acts
  }

  package typealias Body = @Sendable (NativeCall) throws -> Value

  /// Looks at the arguments that are literals, by parameter, before anything runs: a shape that cannot be, a captured
  /// word that is not in the prompt. The fault's `parameter` is underlined.
  package typealias Check = @Sendable (_ literals: [String: Literal]) -> Fault?

  package let signature: String
  /// One sentence, shown by `help`.
  package let doc: String
  package let effect: Effect
  let check: Check?
  let body: Body

  package init(
    _ signature: String, doc: String, effect: Effect = .none, check: Check? = nil, _ body: @escaping Body
  ) {
    self.signature = signature
    self.doc = doc
    self.effect = effect
    self.check = check
    self.body = body
  }

  /// The text before the bracket.
  package var name: String {
    let bytes = signature.utf8
    return String(signature[..<(bytes.firstIndex(of: UInt8(ascii: "(")) ?? bytes.endIndex)])
  }
}

/// One form of a native in an interpreter, its signature read on demand.
final class NativeForm {
  let native: Native
  /// Filled by ``prepare()``.
  private(set) var parameters: [NativeParameter] = []
  private(set) var required = 0
  private(set) var restIndex: Int?
  private(set) var isPrepared = false
  private(set) var parameterCount = 0
  /// One for each parameter: which tags are taken without a closer look.
  private(set) var checks: UnsafeMutablePointer<QuickCheck>

  init(_ native: Native) {
    self.native = native
    checks = .allocate(capacity: 0)
  }

  deinit {
    for parameter in parameters { parameter.defaultValue?.release() }
    checks.deallocate()
  }

  /// Whether the first parameter takes a value; nil when its default is nil.
  func accepts(first value: Value) -> Bool {
    guard let parameter = parameters.first else { return false }
    return parameter.type.accepts(value) || (value.tag == .nil && parameter.defaultValue?.isNil ?? false)
  }

  /// Whether the first parameter is of a host type.
  var isForHost: Bool {
    if case .host? = parameters.first?.type { return true }
    return false
  }

  /// Parses the signature, once.
  @inline(__always) func prepare() {
    if !isPrepared { parse() }
  }

  private func parse() {
    isPrepared = true
    let signature = Signature(native.signature)
    for (index, parameter) in signature.parameters.enumerated() {
      if parameter.isRest { restIndex = index }
      parameters.append(
        NativeParameter(
          name: parameter.name.text, type: TypeCheck(parameter.type?.name.text ?? "any"),
          defaultValue: parameter.defaultValue.map { Constant.value(of: $0, in: native.signature) }))
      if parameter.defaultValue == nil, !parameter.isRest { required = index + 1 }
    }
    parameterCount = parameters.count
    checks.deallocate()
    checks = .allocate(capacity: parameterCount)
    for (index, parameter) in parameters.enumerated() {
      checks[index] = index == restIndex ? QuickCheck(.list) : QuickCheck(parameter.type)
    }
  }
}

/// A parameter of a native, ready to check arguments.
struct NativeParameter {
  let name: String
  let type: TypeCheck
  /// Owned by the form; nil if the argument must be given.
  let defaultValue: Value?
}

/// All forms of one name.
final class NativeGroup {
  let name: String
  var forms: [NativeForm]

  init(name: String, forms: [NativeForm]) {
    self.name = name
    self.forms = forms
  }

  /// Whether every form is pure.
  var isPure: Bool { forms.allSatisfy { $0.native.effect == .none } }
}

/// The values of defaults in signatures: literals, lists and maps of them.
enum Constant {
  /// The value, owned by the caller.
  static func value(of expression: Expression, in signature: String) -> Value {
    switch expression.kind {
    case .nil: return .nil
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .float(value)
    case .string(let literal): return .string(owned: literal.plainText ?? "")
    case .list(let items):
      var list = Value.list(capacity: items.count)
      for item in items { list.append(taking: value(of: item, in: signature)) }
      return list
    case .map(let entries) where entries.isEmpty: return .map(capacity: 0)
    case .unary(.negate, let operand):
      let number = value(of: operand, in: signature)
      return number.tag == .int ? .int(-number.asInt) : .float(-number.asFloat)
    default: preconditionFailure("a default in the signature of a native must be a literal: \(signature)")
    }
  }
}
