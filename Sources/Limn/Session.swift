import LimnBindings
import LimnRuntime
import LimnSyntax
import LimnTensor

/// What a session says while it runs. Called on the session's thread.
public protocol SessionDelegate: AnyObject {
  /// Text that `print` wrote, line ends included.
  func session(_ session: Session, printed text: String)
  /// A value that `show` was given.
  func session(_ session: Session, shows display: Display)
  /// Something the user should know that is no error.
  func session(_ session: Session, warns message: String)
  /// How far a sampling is; `done == total` is its end.
  func session(_ session: Session, progressed what: String, done: Int, of total: Int)
}

/// An interpreter with tensors, pictures and diffusion models: what scripts, the REPL and embedding programs run on.
///
///     let session = Session()
///     let outcome = session.evaluate("let x = 1 + 1\nx * 21")    // .value(42)
///
/// Names stay from one evaluation to the next. Sessions know nothing of each other; one is used by one thread at a time,
/// but its ``interrupter`` may be used from anywhere.
public final class Session {
  /// What an evaluation came to.
  public enum Outcome: Sendable {
    /// The last statement's value; nil when it has none, or `;` muted it.
    case value(Display?)
    /// What went wrong, rendered with its place. Statements before the one that failed took effect.
    case failed(String)
    /// The ``Session/interrupter`` ended it.
    case interrupted
  }

  /// How a session is set up.
  public struct Options: Sendable {
    /// What a `seed:` that is left out stands for.
    public var seed = 0
    /// Whether rendered errors have terminal colours.
    public var isColored = false
    /// Whether a text is checked for what it would surely get wrong before its first line runs: for programs, whose first
    /// lines should not run for minutes before a mistake in the last is told. In a session earlier statements take effect.
    public var checksFirst = false
    /// The folder that paths of pictures and models start at, with the script's name before it; nil is the working folder.
    public var scriptFolder: String?
    /// The folder that relative paths to write start at; nil is the process's working folder.
    public var workingFolder: String?
    /// Whether scripts may write below the script's folder: not those of whose writer nothing is known.
    public var writesBesideScript = true
    /// Folders that scripts may write below, besides the working folder and the script's; at first the system's for temporary files.
    public var writableFolders = [FileAccess.temporaryFolder]
    /// How many bytes strings, lists, maps and tensors may take before a statement fails with an error of kind `memory`; nil
    /// for no limit.
    public var memoryLimit: Int?
    /// How many calls and rounds of loops a statement may make before it ends with an error that no `catch` takes; nil for
    /// no limit.
    public var stepLimit: Int?
    /// How many seconds a statement may take before it ends with an error that no `catch` takes; nil for no limit.
    public var secondsLimit: Double?

    public init() {}
  }

  public weak var delegate: (any SessionDelegate)?
  package let interpreter: Interpreter
  let options: Options
  /// Whether rendered errors have terminal colours.
  var isColored: Bool { options.isColored }
  private let relay = Relay()
  /// The statements that took effect, in order: the recipe in the pictures they save, and what can be taken back.
  package let log = SessionLog()
  /// What ``reset()`` goes back to.
  let start: Interpreter.Snapshot
  let startFiles: FilesTouched.Mark
  /// Inputs so far, for naming them in errors.
  private var inputCount = 0

  /// - Parameter functions: Swift functions that scripts can call.
  /// - Parameter objects: Types of Swift objects whose names may stand in signatures.
  public init(_ options: Options = Options(), functions: [LimnFunction] = [], objects: [any LimnObject.Type] = []) {
    self.options = options
    var limits = Limits()
    limits.bytes = options.memoryLimit
    limits.steps = options.stepLimit
    limits.seconds = options.secondsLimit
    let link = SessionLink()
    interpreter = Interpreter(
      natives: functions.map { $0.native(link) } + LimnNatives.all, hostTypes: LimnNatives.hostTypes.union(objects.map { $0.typeName }),
      limits: limits)
    link.interpreter = interpreter
    interpreter.translateError = Faults.translate
    // The tensors of the whole process: kernels do not know whose they are.
    if options.memoryLimit != nil { interpreter.outsideBytes = { MemoryMeter.current } }
    interpreter.scriptFolder = options.scriptFolder
    Self.findModules(for: interpreter, beside: options.scriptFolder)
    start = interpreter.snapshot()
    startFiles = interpreter.read { $0.files.mark }
    interpreter.checksFirst = options.checksFirst
    interpreter.knowledge = LimnKnowledge()
    relay.session = self
    interpreter.delegate = relay
    interpreter.read { context in
      context.service(Defaults.self) { Defaults() }.seed = options.seed
      let access = context.service(FileAccess.self) { FileAccess() }
      (access.workingFolder, access.writableFolders, access.writesBesideScript) = (options.workingFolder, options.writableFolders, options.writesBesideScript)
      context.service(Recipe.self) { Recipe() }.source = { [unowned log] in log.program }
      context.service(Progress.self) { Progress() }.listener = { [weak relay] what, done, total in
        guard let session = relay?.session else { return }
        session.delegate?.session(session, progressed: what, done: done, of: total)
      }
    }
  }

  /// Ends evaluations. Safe from any thread and from a signal handler.
  public final class Interrupter: Sendable {
    private let flag: InterruptFlag
    init(_ flag: InterruptFlag) { self.flag = flag }

    /// Ends the evaluation in progress at the next layer of a model or round of a loop.
    public func interrupt() { flag.set() }
  }

  /// What ends this session's evaluations; it may be kept and used by other threads.
  public var interrupter: Interrupter { Interrupter(interpreter.interrupt) }

  /// Whether a text is not wrong but unfinished: an open bracket, brace or string, an operator at its end.
  public func isIncomplete(_ source: String) -> Bool { parse(SourceText(source, name: "input")).isIncomplete }

  /// Checks the whole text, then runs it statement by statement.
  ///
  /// - Parameter name: What errors call the text; nil numbers it.
  public func evaluate(_ source: String, name: String? = nil) -> Outcome {
    do {
      let last = try run(source, name: name)
      return .value(last.value.isNil ? nil : interpreter.read { Display(last.value, $0) })
    } catch {
      return error.kind == .interrupt ? .interrupted : .failed(error.description)
    }
  }

  /// Runs a text; its last value, nil when muted.
  func run(_ source: String, name: String?) throws(LimnError) -> Held {
    inputCount += 1
    interpreter.interrupt.clear()
    let text = SourceText(source, name: name ?? "input \(inputCount)")
    log.begin(interpreter, interpreter.read(\.files))
    defer { log.end() }
    let program: CompiledProgram
    do { program = try interpreter.compile(text, showsLast: true) } catch { throw LimnError(error, isColored: options.isColored) }
    for warning in program.warnings { relay.warn(DiagnosticRenderer(text, isColored: options.isColored).render(warning)) }
    var last: Held?
    var end: UInt32 = 0
    do {
      for statement in program.statements {
        log.enter(statement.range, of: text, from: end)
        last = try interpreter.run(statement)
        log.tookEffect(showing(last, statement, in: text))
        end = statement.range.end
      }
    } catch {
      log.failed()
      throw LimnError(error, isColored: options.isColored)
    }
    return program.isMuted ? Held(.nil) : last ?? Held(.nil)
  }

  /// Calls the function `main` that the last text defined, if it did, with arguments by name.
  ///
  /// - Parameter settings: Names and their values as texts: numbers, `true`, `false`, `nil`, lists of them as in a script;
  ///   everything else is a string.
  public func callMain(_ settings: [(name: String, value: String)]) -> Outcome {
    guard let main = interpreter.value(of: "main"), interpreter.parameters(of: main.value) != nil else {
      guard let first = settings.first else { return .value(nil) }
      return .failed("error: --set \(first.name)=… needs a function 'main' in the file, found none")
    }
    interpreter.read { $0.service(Recipe.self) { Recipe() }.settings = settings }
    do {
      let arguments = settings.map { setting in (setting.name, interpreter.make { Self.value(of: setting.value, $0) }) }
      defer { withExtendedLifetime((main, arguments)) {} }
      let result = try interpreter.call(main.value, [], named: arguments.map { ($0.0, $0.1.value) })
      return .value(result.value.isNil ? nil : interpreter.read { Display(result.value, $0) })
    } catch {
      return error.kind == .interrupt ? .interrupted : .failed(error.rendered(isColored: options.isColored))
    }
  }

  private static func value(of text: String, _ context: Context) -> Value {
    let literal = Literal(parsing: text)
    switch literal {
    case .string, nil: return context.make(outside: text)  // quotes are the text's own
    case let literal?: return context.make(literal)
    }
  }

  /// The names of the session, with their values as `:vars` shows them.
  public var bindings: [(name: String, display: Display)] {
    interpreter.bindings.map { binding in (binding.name, interpreter.read { Display(binding.value.value, $0) }) }
  }

  /// The doc of a native or function by name; nil if there is none.
  public func help(_ name: String) -> String? {
    if let value = interpreter.value(of: name), let help = interpreter.help(value.value) { return help }
    let forms = interpreter.forms(of: name)
    return forms.isEmpty ? nil : forms.map { "\($0.signature)\n    \($0.doc)" }.joined(separator: "\n")
  }

  /// Everything that can be called, by name.
  public var functionNames: [String] { interpreter.nativeNames }
}

/// Passes what the interpreter says to the session's delegate.
private final class Relay: InterpreterDelegate {
  weak var session: Session?

  func output(_ text: String) {
    guard let session else { return }
    session.delegate?.session(session, printed: text)
  }

  func warn(_ message: String) {
    guard let session else { return }
    session.delegate?.session(session, warns: message)
  }

  func show(_ values: [Value], _ context: Context) throws {
    guard let session else { return }
    for value in values { session.delegate?.session(session, shows: Display(value, context)) }
  }
}
