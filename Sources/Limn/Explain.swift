import LimnRuntime

/// The page of `limn explain` for the code of an error or warning, as people type it: `E1001`, `e1001` or `1001`; without a
/// line end at the end. Nil if there is no such code.
public func explanation(of code: String) -> String? { Explanations.page(of: code) }

/// Every code, in order.
public var explainedCodes: [String] { Explanations.codes }
