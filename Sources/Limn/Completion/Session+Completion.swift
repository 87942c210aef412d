import LimnBindings
import LimnRuntime
import LimnSyntax

// What may come next at the cursor. Nothing runs and nothing changes.
extension Session {
  /// The ways to go on at a cursor, the likeliest first; empty when nothing fits.
  ///
  ///     session.completions("pipe.na", cursor: 7)    // name: string
  ///
  /// - Parameter cursor: In bytes of the text's UTF-8; one inside a character is moved to its start.
  public func completions(_ text: String, cursor: Int) -> [Completion] {
    let utf8 = text.utf8
    var end = utf8.index(utf8.startIndex, offsetBy: max(cursor, 0), limitedBy: utf8.endIndex) ?? utf8.endIndex
    while String.Index(end, within: text.unicodeScalars) == nil { end = utf8.index(before: end) }
    let before = String(text[..<end])
    if let colon = before.first(where: { !$0.isWhitespace }), colon == ":" || colon == "?" { return commandCompletions(before) }
    return completions(before, from: "")
  }

  /// - Parameter prefix: What stands before `before` and is no part of the program.
  func completions(_ before: String, from prefix: String) -> [Completion] {
    let place = CompletionPlace(before)
    var found = Candidates(prefix + before, place.typed)
    switch place.kind {
    case .nothing: break
    case .module: found.add(interpreter.moduleNames().map { Candidate($0, "", .module) })
    case .member(let receiver): members(of: receiver, &found)
    case .key(let receiver): keys(of: receiver, &found)
    case .string(let content): string(content, place.call, &found)
    case .name: names(place, &found)
    }
    return found.completions
  }

  // MARK: Names

  private func names(_ place: CompletionPlace, _ found: inout Candidates) {
    if let call = place.call {
      if call.isAtStart { found.add(labels(of: call)) }
      if call.label != nil, place.typed.isEmpty {
        found.add(choices(of: call).map { Candidate("\"\($0)\"", "", .choice) })
      }
    }
    // All names there are would be no help.
    guard !place.typed.isEmpty else { return }
    found.add(place.declared.map { Candidate($0, "", .name) })
    found.add(interpreter.bindings.map { Candidate($0.name, typeText(of: $0.value.value), isFunction($0.value.value) ? .function : .name) })
    found.add(interpreter.moduleAliases.map { Candidate($0, "module", .module) })
    found.add(interpreter.nativeNames.map { Candidate($0, nativeDetail($0), .function) })
    found.add(TokenKind.keywords.sorted().map { Candidate($0, "", .keyword) })
  }

  private func isFunction(_ value: Value) -> Bool { value.kind == .function }

  /// The first form's signature, and how many more there are.
  private func nativeDetail(_ name: String) -> String {
    let forms = interpreter.forms(of: name)
    guard let first = forms.first else { return "" }
    return first.signature + (forms.count > 1 ? "  and \(forms.count - 1) more" : "")
  }

  // MARK: Arguments

  /// The parameters of each function a call may mean, those that the receiver fills left out.
  private func parameters(of call: CompletionPlace.Call) -> [[(name: String, text: String)]] {
    if let receiver = call.receiver, let names = interpreter.names(ofModule: receiver) {
      return names.first { $0.name == call.function }.flatMap { declared($0.value.value) }.map { [$0] } ?? []
    }
    let taken = call.receiver == nil ? 0 : 1
    if let own = interpreter.value(of: call.function).flatMap({ $0.use(declared) }) { return [Array(own.dropFirst(taken))] }
    return interpreter.forms(of: call.function).map { form in
      let signature = Signature(form.signature)
      let all = signature.parameters.filter { !$0.isRest }.map { (name: $0.name.text, text: signature.source[$0.range]) }
      return Array(all.dropFirst(taken))
    }
  }

  private func declared(_ function: Value) -> [(name: String, text: String)]? {
    interpreter.parameters(of: function)?.map { (name: $0.name, text: $0.text) }
  }

  private func labels(of call: CompletionPlace.Call) -> [Candidate] {
    parameters(of: call).flatMap { form in
      form.dropFirst(call.positional).filter { !call.labels.contains($0.name) }.map { Candidate($0.name + ": ", $0.text, .argument) }
    }
  }

  /// The name of the parameter that the cursor's argument is for, in each form.
  private func parameterNames(of call: CompletionPlace.Call) -> [String] {
    if let label = call.label { return [label] }
    return parameters(of: call).compactMap { $0.dropFirst(call.positional).first?.name }
  }

  private func choices(of call: CompletionPlace.Call) -> [String] {
    var seen: Set<String> = []
    return parameterNames(of: call).flatMap { ArgumentChoices.values(of: $0, in: call.function) }.filter { seen.insert($0).inserted }
  }

  // MARK: Members

  private func members(of receiver: String, _ found: inout Candidates) {
    if let names = interpreter.names(ofModule: receiver) {
      found.add(names.map { Candidate($0.name, typeText(of: $0.value.value), isFunction($0.value.value) ? .function : .name) })
      return
    }
    let natives: [Interpreter.Taker]
    if let known = peek(receiver) {
      natives = known.use { value in
        fields(of: value, &found)
        return interpreter.natives(taking: value)
      }
    } else if let inferred = infer(receiver), let type = inferred.type {
      found.add(inferred.fields.map { Candidate($0, "", .field) })
      natives = interpreter.natives(takingType: type)
    } else {
      natives = []
    }
    found.add(interpreter.bindings.filter { !(declared($0.value.value) ?? []).isEmpty }
      .map { Candidate($0.name, typeText(of: $0.value.value), .function) })
    found.add(natives.filter(\.isTyped).map { Candidate($0.name, $0.face.signature, .function) })
    // What takes anything, and what an unknown value may take, only once a letter narrows it down.
    guard !found.typed.isEmpty else { return }
    found.add(natives.filter { !$0.isTyped }.map { Candidate($0.name, $0.face.signature, .function) })
    if natives.isEmpty { found.add(interpreter.nativeNames.map { Candidate($0, nativeDetail($0), .function) }) }
  }

  private func fields(of value: Value, _ found: inout Candidates) {
    if let entries = value.map {
      found.add(entries.compactMap { entry in
        guard let key = entry.key.string, isWord(key) else { return nil }
        return Candidate(key, typeText(of: entry.value), .key)
      })
    }
    guard let host = value.host else { return }
    found.add(host.memberNames.map { name in
      Candidate(name, interpreter.peek(name, of: value).map { $0.use(typeText) } ?? "", .field)
    })
  }

  private func isWord(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic || first == "_" else { return false }
    return text.unicodeScalars.allSatisfy { $0.isASCII && ($0.properties.isAlphabetic || $0 == "_" || ("0"..."9").contains($0)) }
  }

  // MARK: Strings

  private func keys(of receiver: String, _ found: inout Candidates) {
    peek(receiver)?.use { keys(in: $0, &found) }
  }

  private func keys(in value: Value, _ found: inout Candidates) {
    let texts: [String]
    if let entries = value.map {
      texts = interpreter.read { context in entries.compactMap { $0.key.string == nil ? nil : context.text($0.key) } }
    } else {
      texts = interpreter.peek("words", of: value)?.use { $0.list?.compactMap(\.string) } ?? []
    }
    found.add(texts.filter { !$0.contains("\"") && !$0.contains("\\") && !$0.contains("{") && !$0.contains("\n") }
      .map { Candidate($0, "", .key, suffix: "\"]") })
  }

  private func string(_ content: String, _ call: CompletionPlace.Call?, _ found: inout Candidates) {
    if let call {
      let choices = choices(of: call)
      if !choices.isEmpty {
        found.add(choices.map { Candidate($0, "", .choice, suffix: "\"") })
        return
      }
      let names = parameterNames(of: call)
      if names.contains(where: { ArgumentChoices.isPath($0, of: call.function) }) {
        if call.function == "model" { found.add(ArgumentChoices.bundledModels.map { Candidate($0, "bundled", .choice, suffix: "\"") }) }
        files(content, &found)
        return
      }
    }
    if content.contains("/") {
      files(content, &found)
      if !found.completions.isEmpty { return }
    }
    words(content, &found)
  }

  private func files(_ content: String, _ found: inout Candidates) {
    found.add(FileNames.beginning(with: content, in: interpreter.scriptFolder).map { name in
      Candidate(name, "", .file, suffix: name.hasSuffix("/") ? "" : "\"")
    })
  }

  /// Words of the tokenizer, from two letters on.
  private func words(_ content: String, _ found: inout Candidates) {
    let start = content.unicodeScalars.reversed().prefix { $0.isASCII && $0.properties.isAlphabetic }
    guard start.count >= 2 else { return }
    let letters = String(String.UnicodeScalarView(start.reversed()))
    found.typed = letters
    found.isCaseIgnored = true
    let words = interpreter.read { $0.service(PromptWords.self) { PromptWords() } }
    found.add(words.beginning(with: letters).map { Candidate($0, "", .word) })
  }
}

/// A completion before its place is known.
struct Candidate {
  let text: String
  let detail: String
  let kind: Completion.Kind
  let suffix: String

  init(_ text: String, _ detail: String, _ kind: Completion.Kind, suffix: String = "") {
    (self.text, self.detail, self.kind, self.suffix) = (text, detail, kind, suffix)
  }
}

/// Collects what fits the word before the cursor.
struct Candidates {
  /// The text up to the cursor.
  private let before: String
  /// What each must begin with, and takes the place of.
  var typed: String
  var isCaseIgnored = false
  private var fitting: [Candidate] = []
  private var seen: Set<String> = []
  /// More than anybody reads.
  private static let limit = 500

  init(_ before: String, _ typed: String) {
    self.before = before
    self.typed = typed
  }

  /// Adds those that fit and are not there yet.
  mutating func add(_ candidates: [Candidate]) {
    let start = isCaseIgnored ? typed.lowercased() : typed
    for candidate in candidates where fitting.count < Self.limit && candidate.text.hasPrefix(start) {
      // Private names are offered to those who begin them.
      if candidate.text.hasPrefix("_"), !typed.hasPrefix("_"), candidate.kind != .word, candidate.kind != .file { continue }
      if seen.insert(candidate.text).inserted { fitting.append(candidate) }
    }
  }

  var completions: [Completion] {
    let bytes = before.utf8.count, points = before.unicodeScalars.count
    let replaced = (bytes - typed.utf8.count)..<bytes, replacedPoints = (points - typed.unicodeScalars.count)..<points
    return fitting.map {
      Completion(text: $0.text, detail: $0.detail, kind: $0.kind, bytes: replaced, codePoints: replacedPoints, suffix: $0.suffix)
    }
  }
}
