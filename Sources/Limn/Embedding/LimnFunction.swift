import LimnRuntime
import LimnSyntax

/// A Swift function that scripts can call, declared as the built-in ones are: signature, doc and body together.
///
///     LimnFunction("brighten(photo: image, by: float = 0.1)", doc: "A brighter picture.") { call in
///       .image(try call.image("photo").mapped { min($0 + Float(try call.float("by")), 1) })
///     }
///
/// Arguments are checked against the signature before the body runs; `help`, completion and `limn check` read it too.
/// Types: `any bool int float number string list map range function tensor mask image model …` and those of ``LimnObject``.
public struct LimnFunction: Sendable {
  let signature: String
  let doc: String
  let hasEffect: Bool
  let body: @Sendable (LimnCall) throws -> LimnValue

  /// - Parameter signature: `name(a: type, b: type = literal)`; a call of another form is the caller's error.
  /// - Parameter doc: One sentence, shown by `help`.
  /// - Parameter hasEffect: Whether a call does something besides giving its result; a call without effect whose result is
  ///   not used is an error in a script.
  /// - Traps: When the signature cannot be read: a bug of the embedding program.
  public init(_ signature: String, doc: String, hasEffect: Bool = false, _ body: @escaping @Sendable (LimnCall) throws -> LimnValue) {
    _ = Signature(signature)
    self.signature = signature
    self.doc = doc
    self.hasEffect = hasEffect
    self.body = body
  }

  func native(_ link: SessionLink) -> Native {
    let body = body
    return Native(signature, doc: doc, effect: hasEffect ? .acts : .none) { call in
      guard let interpreter = link.interpreter else { return .nil }
      do {
        return try body(LimnCall(call: call, interpreter: interpreter)).made(call.context, interpreter)
      } catch let problem as LimnProblem {
        var fault = Fault(FaultKind(rawValue: problem.kind.rawValue) ?? .fail, problem.message, help: problem.help)
        fault.parameter = problem.parameter
        throw fault
      } catch let error as CallMismatch {
        throw error.fault
      } catch let fault as Fault {
        throw fault
      } catch {
        throw Fault(.fail, "\(error)")
      }
    }
  }
}

/// Finds the session's interpreter for functions that were declared before it was made.
///
/// One interpreter is used by one thread at a time, so is this.
final class SessionLink: @unchecked Sendable {
  weak var interpreter: Interpreter?
}

/// A mistake that a Swift function finds in its arguments or meets in its work: an error in the script, with its place.
public struct LimnProblem: Error, Sendable {
  public let kind: LimnError.Kind
  public let message: String
  public let parameter: String?
  public let help: String?

  /// - Parameter message: What was wrong, what was found, what was expected: lower case, no final period.
  /// - Parameter parameter: Whose argument is underlined; nil underlines the call.
  /// - Parameter help: One suggestion, only when it is surely right.
  public init(_ message: String, kind: LimnError.Kind = .value, parameter: String? = nil, help: String? = nil) {
    self.kind = kind
    self.message = message
    self.parameter = parameter
    self.help = help
  }
}

struct CallMismatch: Error { let fault: Fault }

/// The arguments of one call of a ``LimnFunction``, bound to its parameters. Valid during the call.
public struct LimnCall {
  let call: NativeCall
  let interpreter: Interpreter

  /// The argument, or the default; `.nil` when neither is there.
  ///
  /// - Traps: Every accessor does when the signature has no such parameter.
  public func value(_ name: String) -> LimnValue { LimnValue(call[.name(name)], call.context, interpreter) }

  public func bool(_ name: String) throws -> Bool { try call.bool(.name(name)) }
  public func int(_ name: String, in range: ClosedRange<Int>? = nil) throws -> Int { try call.int(.name(name), in: range) }
  public func float(_ name: String, in range: ClosedRange<Double>? = nil) throws -> Double { try call.float(.name(name), in: range) }
  public func string(_ name: String) throws -> String {
    _ = try call.string(.name(name))
    return call.text(call[.name(name)])  // learned tokens by their names
  }
  public func list(_ name: String) throws -> [LimnValue] { try call.list(.name(name)).map { LimnValue($0, call.context, interpreter) } }

  /// One of a fixed set of strings; an unknown one is an error with the nearest.
  public func choice(_ name: String, of choices: [String]) throws -> String { try call.choice(.name(name), of: choices) }

  /// A tensor or a mask.
  public func tensor(_ name: String) throws -> TensorValues {
    guard let tensor = value(name).tensor else { throw CallMismatch(fault: call.mismatch(.name(name), "a tensor")) }
    return tensor
  }

  public func image(_ name: String) throws -> Picture {
    guard let image = value(name).image else { throw CallMismatch(fault: call.mismatch(.name(name), "an image")) }
    return image
  }

  /// The Swift object of a parameter declared with its type.
  public func object<Object: LimnObject>(_ type: Object.Type, _ name: String) throws -> Object {
    guard let object = (call[.name(name)].host as? ObjectValue)?.object as? Object else {
      throw CallMismatch(fault: call.mismatch(.name(name), "a \(Object.typeName)"))
    }
    return object
  }

  /// Calls a function that the script gave: `call.invoke("body", [.int(1)])`.
  public func invoke(_ name: String, _ arguments: [LimnValue] = []) throws -> LimnValue {
    let values = try arguments.map { try $0.made(call.context, interpreter) }
    return LimnValue(try call.invoke(try call.function(.name(name)), values), call.context, interpreter)
  }

  /// Writes text as `print` does.
  public func output(_ text: String) { call.output(text) }
  /// Tells the user something that is not an error.
  public func warn(_ message: String) { call.warn(message) }
  /// Throws when the session was asked to stop or its time is over; long work calls it now and then.
  public func checkInterrupt() throws { try call.checkInterrupt() }
}
