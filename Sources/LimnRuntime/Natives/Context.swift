import LimnSyntax

/// An interpreter as natives and host objects see it: where values are made, functions called and text written.
///
/// Valid during the call that received it.
package struct Context: Making {
  unowned(unsafe) let machine: Machine

  package var context: Context { self }
}

/// What can be done with a ``Context``, directly or through a ``NativeCall``.
package protocol Making {
  var context: Context { get }
}

extension Making {
  // MARK: Values. They live to the end of the native call; nobody counts references by hand.

  /// A string. Private code points are kept: use ``make(outside:)`` for text from files and other programs.
  package func make(_ text: String) -> Value { context.machine.pooled(.string(owned: text, context.machine.meter)) }

  /// A string from outside the language: code points that would look like tokens become U+FFFD.
  package func make(outside text: String) -> Value { make(TokenTable.cleaned(text)) }

  package func make(_ object: any HostObject) -> Value { context.machine.pooled(.host(owned: object, context.machine.meter)) }

  package func make(_ items: [Value]) -> Value {
    items.withUnsafeBufferPointer { context.machine.pooled(.list(copying: $0, context.machine.meter)) }
  }

  /// The range that runs through `count` ints from `start`.
  package func make(rangeFrom start: Int, count: Int, step: Int) -> Value { context.machine.pooled(.range(start: start, count: count, step: step, context.machine.meter)) }

  package func make(_ items: [Int]) -> Value { make(items.map { .int($0) }) }

  package func make(_ items: [Double]) -> Value { make(items.map { .float($0) }) }

  package func make(_ items: [String]) -> Value { make(items.map { make($0) }) }

  /// A map in this order; a later entry replaces an earlier one of the same key.
  ///
  /// - Throws: When a key is of a type that cannot be one.
  package func make(entries: [(Value, Value)]) throws -> Value {
    let map = context.machine.pooled(.map(capacity: entries.count, context.machine.meter))
    for (key, value) in entries {
      map.insert(takingKey: key.retained(), hash: try Equality.keyHash(key), takingValue: value.retained())
    }
    return map
  }

  /// A map with names as keys, in this order.
  package func make(fields: [(String, Value)]) -> Value {
    let map = context.machine.pooled(.map(capacity: fields.count, context.machine.meter))
    for (name, value) in fields {
      let key = Value.string(owned: name, context.machine.meter)
      map.insert(takingKey: key, hash: key.asString.hash, takingValue: value.retained())
    }
    return map
  }

  /// Keeps a value for longer than this call.
  package func hold(_ value: Value) -> Held { Held(value) }

  // MARK: Reading

  /// What `print` writes for a value; tokens in strings as their names.
  package func text(_ value: Value) -> String { context.machine.text(value) }

  /// What a value looks like inside a list or on its own in the session: strings in quotes.
  package func shown(_ value: Value) -> String { context.machine.text(value, quoted: true) }

  /// The same for messages: cut where it is longer than anybody reads there.
  package func brief(_ value: Value) -> String { context.machine.brief(value) }

  /// `a == b`
  package func equal(_ a: Value, _ b: Value) throws -> Bool { try Equality.equal(a, b) }

  /// The value of a key of a map that is a plain string; nil if there is none.
  package func value(of name: String, in map: Value) -> Value? { map.tag == .map ? map.asMap.value(of: name) : nil }

  /// The tokens that strings of this interpreter may hold.
  package var tokens: TokenTable { context.machine.tokens }

  /// The items a `for` over the value would visit: of a list, map (its keys), range, string or host value.
  ///
  /// - Throws: A type fault if it cannot be looped over.
  package func items(of value: Value) throws -> [Value] { try context.machine.items(of: value) }

  // MARK: Doing

  /// Calls a function of the language, or a host value that can be called.
  package func invoke(_ function: Value, _ arguments: [Value]) throws -> Value {
    context.machine.pooled(try context.machine.invoke(function, arguments))
  }

  /// Runs `body`, then frees the values made in it: for natives that call functions over and over. None may leave but as ``Held``.
  package func draining<Result>(_ body: () throws -> Result) rethrows -> Result { try context.machine.withPool(body) }

  /// From now on the interpreter says everything to another delegate, which it does not keep alive: for a process of its own.
  package func redirect(to delegate: any InterpreterDelegate) { context.machine.delegate = delegate }

  /// Hands text to the interpreter's delegate, as `print` does.
  package func output(_ text: String) { context.machine.delegate?.output(text) }

  /// Tells the user something that is not an error.
  package func warn(_ message: String) { context.machine.delegate?.warn(message) }

  /// Hands values to the delegate to be displayed.
  package func show(_ values: [Value]) throws { try context.machine.delegate?.show(values, context) }

  /// Hands over what a native has come to before it throws: if that ends the statement, `_` holds it under this name.
  package func leave(_ value: Value, as name: String) { context.machine.left.append((name, Held(value))) }

  /// The flag that asks this interpreter to stop; natives that run for long look at it.
  package var interrupt: InterruptFlag { context.machine.interrupt }

  /// Throws if the user interrupted or the time limit has passed. Call it at least once a layer.
  package func checkInterrupt() throws { try context.machine.checkLimits() }

  /// Throws a memory fault if this many bytes more would pass the interpreter's limit. Call it before making what is large.
  package func require(bytes: Int) throws { try context.machine.require(bytes) }

  /// Reports that a value that moves is about to change, so that a failed statement and `:undo` can put it back.
  package func willChange(_ object: any HostObject) { context.machine.journal.willChange(object) }

  /// A number that grows with each statement. A value that moves and was made in this one need not report its changes:
  /// taking the statement back takes it away.
  package var epoch: Int { context.machine.journal.epoch }

  /// The one object of a class that natives of this interpreter share, made at its first use.
  package func service<Service: AnyObject>(_ type: Service.Type, _ make: () -> Service) -> Service {
    if let known = context.machine.services[ObjectIdentifier(type)] { return known as! Service }
    let service = make()
    context.machine.services[ObjectIdentifier(type)] = service
    return service
  }

  /// The folder of the script that runs, for files named beside it; nil in a session.
  package var scriptFolder: String? { context.machine.scriptFolder }
}
