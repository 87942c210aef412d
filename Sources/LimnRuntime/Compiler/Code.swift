import LimnSyntax

/// What the machine reads of a function while it runs it: plain data, so that calls count no references.
struct CodeHeader {
  var instructions: UnsafeMutablePointer<Instruction>
  var constants: UnsafeMutablePointer<Value>
  /// The top-level names of the function's module.
  var slots: UnsafeMutablePointer<Value>
  var parameterCount: Int
  /// How many parameters have no default; those come first or are named.
  var requiredCount: Int
  /// Registers in use, parameters first.
  var frameSize: Int
  /// The first register that dies with the frame. Code at top level has the module's names as its lower registers.
  var firstOwned: Int
  unowned(unsafe) var code: Code
}

/// The compiled form of a function or a top-level statement; immutable once made.
final class Code {
  /// Nil for the top level.
  let name: String?
  let source: SourceText
  let header: UnsafeMutablePointer<CodeHeader>
  let parameters: [CodeParameter]
  let instructionCount: Int
  /// The range of the source each word came from.
  let ranges: [SourceRange]
  let tables: CodeTables
  /// How many values a function of it copies when it is made.
  let captureCount: Int
  let isTopLevel: Bool
  /// Whether no call in it does anything but give a value, so that an unused call of it is a mistake.
  let isPure: Bool
  let doc: String?
  /// Keeps the module's slots alive.
  let module: Module
  private let constantCount: Int

  init(_ parts: CodeParts) {
    name = parts.name
    source = parts.source
    parameters = parts.parameters
    instructionCount = parts.instructions.count
    ranges = parts.ranges
    tables = parts.tables
    captureCount = parts.captureCount
    isTopLevel = parts.isTopLevel
    isPure = parts.isPure
    doc = parts.doc
    module = parts.module
    constantCount = parts.constants.count
    let instructions = UnsafeMutablePointer<Instruction>.allocate(capacity: parts.instructions.count)
    instructions.initialize(from: parts.instructions, count: parts.instructions.count)
    let constants = UnsafeMutablePointer<Value>.allocate(capacity: max(1, parts.constants.count))
    constants.initialize(from: parts.constants, count: parts.constants.count)
    let firstOwned = parts.isTopLevel ? Module.slotLimit : 0
    // A multiple of four, which is how many registers leaving a function looks at at once.
    let owned = (parts.frameSize - firstOwned + 3) / 4 * 4
    header = .allocate(capacity: 1)
    header.initialize(
      to: CodeHeader(
        instructions: instructions, constants: constants, slots: parts.module.slots,
        parameterCount: parts.parameters.count, requiredCount: parts.parameters.count { !$0.hasDefault },
        frameSize: firstOwned + owned, firstOwned: firstOwned, code: self))
  }

  deinit {
    for index in 0..<constantCount { header.pointee.constants[index].release() }
    header.pointee.constants.deallocate()
    header.pointee.instructions.deallocate()
    header.deallocate()
  }

  /// The range of the instruction that ends just before `pc`.
  func range(before pc: UnsafePointer<Instruction>) -> SourceRange {
    let index = max(0, min(pc - UnsafePointer(header.pointee.instructions) - 1, ranges.count - 1))
    return ranges[index]
  }
}

/// A parameter as callers need to know it.
struct CodeParameter {
  let name: String
  let hasDefault: Bool
  /// The text of the declaration, for `help`.
  let text: String
}

/// What instructions refer to by number.
struct CodeTables {
  var functions: [Code] = []
  var sites: [CallSite] = []
  var indexPatterns: [[IndexPart]] = []
  var paths: [PathPattern] = []
  var types: [DeclaredType] = []
  var modules: [Module] = []
  /// Ranges of words whose errors are caught, innermost first.
  var handlers: [Handler] = []
  /// Which register held which name, from where to where: for `_` after an error.
  var locals: [LocalName] = []
}

struct Handler {
  let start: Int
  let end: Int
  let target: Int
}

struct LocalName {
  let name: String
  let register: Int
  let start: Int
  var end: Int
}

/// What a call in the source says about its arguments.
struct CallSite {
  /// The name called, for messages.
  let name: String
  /// For each argument.
  let arguments: [CallArgument]
  /// Whether the last argument is a trailing block, for the last parameter.
  let hasTrailing: Bool
  /// The native to call when the name holds something that cannot be called.
  let fallback: Int?

  /// Whether arguments go to parameters by position alone.
  var isPlain: Bool { !hasTrailing && arguments.allSatisfy { $0.label == nil && !$0.isSpread } }
}

struct CallArgument {
  let label: String?
  let isSpread: Bool
  let range: SourceRange
}

/// One part of an index pattern; the values stand in consecutive registers.
enum IndexPart {
  case whole
  case value
  case slice(hasLower: Bool, hasUpper: Bool, isClosed: Bool)

  var valueCount: Int {
    switch self {
    case .whole: 0
    case .value: 1
    case .slice(let lower, let upper, _): (lower ? 1 : 0) + (upper ? 1 : 0)
    }
  }
}

/// `x[i].k[j] op= v`: the steps from the variable to the place, and what happens there.
struct PathPattern {
  enum Step {
    case field(String)
    case index([IndexPart])
  }

  let steps: [Step]
  /// Nil for `=`.
  let op: BinaryOperator?
}

/// A parameter's type as the machine checks it.
struct DeclaredType {
  enum Dimension {
    case bind(String, register: Int)
    case same(String, register: Int)
    case size(Int)
    case rest
  }

  let check: TypeCheck
  let dimensions: [Dimension]?
  let function: String
  let parameter: String
  /// All parameters of the function, to find the argument.
  let parameters: [String]
  /// As written, for messages.
  let text: String
  /// A parameter with the default nil also takes nil.
  let acceptsNil: Bool
}

/// What the compiler hands over to make a ``Code``.
struct CodeParts {
  var name: String?
  var source: SourceText
  var module: Module
  var parameters: [CodeParameter] = []
  var instructions: [Instruction] = []
  var ranges: [SourceRange] = []
  /// Owned.
  var constants: [Value] = []
  var tables = CodeTables()
  var frameSize = 0
  var captureCount = 0
  var isTopLevel = false
  var isPure = true
  var doc: String?
}
