import LimnRuntime

/// A Swift object that scripts hold, read and pass back.
///
/// Scripts see values that do not change: an object given to one should not either. Its type's name may stand in the
/// signatures of ``LimnFunction`` and of scripts when it is listed in ``Session/init(_:functions:objects:)``.
public protocol LimnObject: AnyObject {
  /// What `type(x)` gives and signatures say: one lower-case word.
  static var typeName: String { get }
  /// What `print` writes, on one line.
  var text: String { get }
  /// The names after the dot, in a fixed order.
  var memberNames: [String] { get }
  /// `x.name`, for each of ``memberNames``.
  func member(_ name: String) throws -> LimnValue
  /// `==`.
  func isEqual(to other: any LimnObject) -> Bool
}

extension LimnObject {
  public var text: String { "<\(Self.typeName)>" }
  public var memberNames: [String] { [] }
  public func member(_ name: String) throws -> LimnValue { .nil }
  public func isEqual(to other: any LimnObject) -> Bool { self === other }
}

/// A ``LimnObject`` as the machine sees it.
final class ObjectValue: HostObject {
  let object: any LimnObject
  private unowned let interpreter: Interpreter

  init(_ object: any LimnObject, _ interpreter: Interpreter) {
    self.object = object
    self.interpreter = interpreter
  }

  var typeName: String { type(of: object).typeName }
  var memberNames: [String] { object.memberNames }
  func description(_ context: Context) -> String { object.text }

  func isEqual(to other: any HostObject) -> Bool { (other as? ObjectValue).map { object.isEqual(to: $0.object) } ?? false }

  func member(_ name: String, _ context: Context) throws -> Value? {
    guard object.memberNames.contains(name) else { return nil }
    return try object.member(name).made(context, interpreter)
  }
}
