import Glibc
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

  package let signature: String
  /// One sentence, shown by `help`.
  package let doc: String
  package let effect: Effect
  /// What is known of the result before anything runs, and what cannot be; nil says nothing.
  let known: Inference?
  let body: Body

  package init(
    _ signature: String, doc: String, effect: Effect = .none, known: Inference? = nil, _ body: @escaping Body
  ) {
    self.signature = signature
    self.doc = doc
    self.effect = effect
    self.known = known
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
  /// What a call reads.
  let header: UnsafeMutablePointer<FormHeader>

  /// Counts the values of defaults.
  private let meter: UnsafeMutablePointer<Meter>

  init(_ native: Native, _ meter: UnsafeMutablePointer<Meter>) {
    self.native = native
    self.meter = meter
    header = .allocate(capacity: 1)
    header.initialize(to: FormHeader(checks: .allocate(capacity: 0), parameterCount: 0, body: native.body, form: self))
  }

  deinit {
    for parameter in parameters { parameter.defaultValue?.release() }
    header.pointee.checks.deallocate()
    header.deinitialize(count: 1)
    header.deallocate()
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
          defaultValue: parameter.defaultValue.map { Constant.value(of: $0, in: native.signature, meter) }))
      if parameter.defaultValue == nil, !parameter.isRest { required = index + 1 }
    }
    parameterCount = parameters.count
    header.pointee.checks.deallocate()
    header.pointee.checks = .allocate(capacity: parameterCount)
    header.pointee.parameterCount = parameterCount
    for (index, parameter) in parameters.enumerated() {
      header.pointee.checks[index] = index == restIndex ? QuickCheck(.list) : QuickCheck(parameter.type)
    }
  }
}

/// What a call of a form reads, without looking into the object each time.
struct FormHeader {
  /// One for each parameter: which tags are taken without a closer look.
  var checks: UnsafeMutablePointer<QuickCheck>
  var parameterCount: Int
  let body: Native.Body
  unowned(unsafe) let form: NativeForm
}

/// The forms that calls with arguments by position alone have chosen, so that the next call need not.
struct PlainForms {
  /// Calls with more arguments choose each time.
  static let maximumCount = 4
  private static let rowSize = (maximumCount + 1) * 16

  /// For each native, number of arguments and tag of the first: nil until a call chose.
  private let table: UnsafeMutablePointer<UnsafeMutablePointer<FormHeader>?>

  init(nativeCount: Int) {
    // Zero pages, taken only when touched.
    table = calloc(max(1, nativeCount * Self.rowSize), MemoryLayout<UnsafeMutablePointer<FormHeader>?>.stride)!
      .bindMemory(to: UnsafeMutablePointer<FormHeader>?.self, capacity: max(1, nativeCount * Self.rowSize))
  }

  func deallocate() { free(table) }

  @inline(__always)
  private func place(_ native: Int, _ count: Int, _ arguments: UnsafeMutablePointer<Value>) -> Int {
    native &* Self.rowSize &+ count &* 16 &+ (count == 0 ? 0 : Int(truncatingIfNeeded: arguments.pointee.tag.raw & 15))
  }

  @inline(__always)
  subscript(_ native: Int, _ count: Int, _ arguments: UnsafeMutablePointer<Value>) -> UnsafeMutablePointer<FormHeader>? {
    table[place(native, count, arguments)]
  }

  func enter(_ form: NativeForm, _ native: Int, _ count: Int, _ arguments: UnsafeMutablePointer<Value>) {
    table[place(native, count, arguments)] = form.header
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
  static func value(of expression: Expression, in signature: String, _ meter: UnsafeMutablePointer<Meter>) -> Value {
    switch expression.kind {
    case .nil: return .nil
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .float(value)
    case .string(let literal): return .string(owned: literal.plainText ?? "", meter)
    case .list(let items):
      var list = Value.list(capacity: items.count, meter)
      for item in items { list.append(taking: value(of: item, in: signature, meter)) }
      return list
    case .map(let entries) where entries.isEmpty: return .map(capacity: 0, meter)
    case .unary(.negate, let operand):
      let number = value(of: operand, in: signature, meter)
      return number.tag == .int ? .int(-number.asInt) : .float(-number.asFloat)
    default: preconditionFailure("a default in the signature of a native must be a literal: \(signature)")
    }
  }
}
