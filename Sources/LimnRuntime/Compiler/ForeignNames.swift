import LimnSyntax

/// Names that functions and values have in other languages, with what Limn has for them.
enum ForeignNames {
  /// What to write instead of a function that there is not; nil if nothing is surely right.
  static func function(_ name: String, natives: [String: Int]) -> String? {
    if let help = phrases[name] { return help }
    return functions[name].flatMap { natives[$0] == nil ? nil : "\($0)(…)" }
  }

  /// What to write instead of a value that there is not.
  static func value(_ name: String) -> String? { values[name] }

  /// Whether the name is a library of another language, whose functions stand alone in Limn.
  static func isLibrary(_ name: String) -> Bool { libraries.contains(name) }

  /// What `x.name` is in Limn, when it asks for a size.
  static func field(_ name: String) -> String? { ["length", "size", "count"].contains(name) ? "len(x)" : nil }

  private static let functions = [
    "str": "string", "String": "string", "toString": "string", "repr": "string", "length": "len", "size": "len", "push": "append",
    "push_back": "append", "add": "append", "println": "print", "printf": "print", "puts": "print", "echo": "print", "strip": "trim",
    "toUpperCase": "upper", "uppercase": "upper", "uppercased": "upper", "toLowerCase": "lower", "lowercase": "lower",
    "lowercased": "lower", "startswith": "starts_with", "startsWith": "starts_with", "hasPrefix": "starts_with",
    "endswith": "ends_with", "endsWith": "ends_with", "hasSuffix": "ends_with", "includes": "contains", "has": "contains",
    "haskey": "contains", "indexOf": "index_of", "findfirst": "index_of", "sorted": "sort", "typeof": "type", "isinstance": "type",
    "parseInt": "int", "parseFloat": "float", "Int": "int", "Float": "float", "reverse": "reversed", "collect": "list", "array": "tensor",
    "Array": "list", "fold": "reduce", "time": "clock", "perf_counter": "clock", "cat": "concat", "hcat": "concat", "vcat": "concat",
    "view": "reshape", "randn_like": "randn", "manual_seed": "rng", "seed": "rng", "imshow": "show", "display": "show", "exit": "fail",
    "throw": "fail", "error": "fail", "panic": "fail", "isnan": "is_nan", "isNaN": "is_nan", "ord": "code", "chr": "character",
  ]

  private static let phrases = [
    "forEach": "for x in xs { … }", "foreach": "for x in xs { … }", "dict": "[\"key\": value]", "Dict": "[\"key\": value]",
    "set": "xs.unique()", "Set": "xs.unique()", "pow": "x ^ y", "mod": "x % y", "rand": "rng(0).rand([2, 3])",
    "randn": "rng(0).randn([2, 3])", "random": "rng(0).rand([])", "where": "select(condition, a, b)", "matmul": "a @ b", "dot": "a @ b",
    "extend": "xs + ys", "format": "\"a {x}\"", "isdigit": "try { int(text) } catch e { nil }",
  ]

  private static let values = [
    "nothing": "nil", "undefined": "nil", "nullptr": "nil", "missing": "nil", "nan": "0.0 / 0.0", "NaN": "0.0 / 0.0",
  ]

  private static let libraries: Set<String> = ["np", "numpy", "torch", "math", "Math", "jnp", "tf", "console", "sys", "random", "plt", "F"]
}
