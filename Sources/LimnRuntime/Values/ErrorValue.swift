/// What `catch e` binds: `e.kind`, `e.message`, `e.place`, `e.help`, `e.trace`.
final class ErrorValue: HostObject {
  let fault: Fault

  init(_ fault: Fault) { self.fault = fault }

  var typeName: String { "error" }

  func description(_ context: Context) -> String {
    "\(fault.kind.rawValue) error: \(fault.message)" + (fault.place.map { " (\($0.description))" } ?? "")
  }

  let memberNames = ["kind", "message", "place", "help", "trace"]

  func member(_ name: String, _ context: Context) -> Value? {
    switch name {
    case "kind": context.make(fault.kind.rawValue)
    case "message": context.make(fault.message)
    case "place": fault.place.map { context.make($0.description) } ?? .nil
    case "help": fault.help.map { context.make($0) } ?? .nil
    case "trace": context.make(fault.trace.map { "\($0.function ?? "top level") (\($0.place.description))" })
    default: nil
    }
  }
}
