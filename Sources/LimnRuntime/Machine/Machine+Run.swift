import LimnSyntax

// The machine loop. Over 400 lines because a switch over opcodes cannot be cut without a call per instruction.
// Fast paths for ints and floats stand here; everything else is a call of a function in another file.

extension Machine {
  @inline(__always)
  static func set(_ registers: UnsafeMutablePointer<Value>, _ index: UInt16, _ value: Value) {
    let place = registers + Int(index)
    let old = place.pointee
    place.pointee = value
    if old.isObject { old.releaseObject() }
  }

  @inline(__always)
  static func take(_ registers: UnsafeMutablePointer<Value>, _ index: UInt16) -> Value {
    let place = registers + Int(index)
    let value = place.pointee
    place.pointee = .nil
    return value
  }

  /// Whether a value is a function of the language with that many parameters.
  @inline(__always)
  static func takes(_ callee: Value, argumentCount: UInt16) -> Bool {
    callee.tag == .function && callee.asFunction.pointee.code.pointee.parameterCount == Int(argumentCount)
  }

  /// `x op y` for ints and floats at once, else by way of the slow path.
  @inline(__always)
  func compare(_ op: BinaryOperator, _ x: Value, _ y: Value) throws -> Bool {
    if x.tag == .int, y.tag == .int {
      switch op {
      case .less: return x.asInt < y.asInt
      case .lessEqual: return x.asInt <= y.asInt
      case .greater: return x.asInt > y.asInt
      case .greaterEqual: return x.asInt >= y.asInt
      case .equal: return x.bits == y.bits
      default: return x.bits != y.bits
      }
    }
    if x.tag == .float, y.tag == .float {
      switch op {
      case .less: return x.asFloat < y.asFloat
      case .lessEqual: return x.asFloat <= y.asFloat
      case .greater: return x.asFloat > y.asFloat
      case .greaterEqual: return x.asFloat >= y.asFloat
      case .equal: return x.asFloat == y.asFloat
      default: return x.asFloat != y.asFloat
      }
    }
    return try compareSlowly(op, x, y)
  }

  /// Runs code whose arguments stand in the first registers at `base`, and gives its result, owned.
  ///
  /// On an error the registers of every frame entered here are released, and the fault has its place and calls.
  func run(
    _ entry: UnsafeMutablePointer<CodeHeader>, base: UnsafeMutablePointer<Value>,
    function entryFunction: UnsafeMutablePointer<FunctionBody>?
  ) throws -> Value {
    let state = self.state
    let entryDepth = state.pointee.depth
    state.pointee.nesting += 1
    defer { state.pointee.nesting -= 1 }
    if state.pointee.nesting > Machine.nestingLimit || (state.pointee.nesting > 16 && !hasThreadStack()) {
      throw recursionFault(state.pointee.nesting - 1)
    }
    if base + entry.pointee.frameSize >= state.pointee.stackEnd { throw recursionFault(state.pointee.depth) }

    var code = entry
    var r = base
    var k = code.pointee.constants
    var pc = UnsafePointer(code.pointee.instructions)
    var function = entryFunction
    var budget = Machine.stepChunk
    if stepsLeft < budget { budget = max(1, stepsLeft) }
    var chunk = budget

    while true {
      do {
        while true {
          // A pointer, so that each case reads only the operands it has.
          let i = pc
          pc += 1
          switch i.op {
          // MARK: Loads
          case .move:
            Machine.set(r, i.a, r[Int(i.b)].retained())
          case .take:
            Machine.set(r, i.a, Machine.take(r, i.b))
          case .takeCollection:
            let value = r[Int(i.b)]
            let moves = value.tag == .string || value.tag == .list || value.tag == .map
            Machine.set(r, i.a, moves ? Machine.take(r, i.b) : value.retained())
          case .loadNil:
            Machine.set(r, i.a, .nil)
          case .loadBool:
            Machine.set(r, i.a, .bool(i.b != 0))
          case .loadInt:
            Machine.set(r, i.a, .int(i.wide))
          case .loadConstant:
            Machine.set(r, i.a, k[Int(i.b)].retained())
          case .loadCapture:
            Machine.set(r, i.a, function.unsafelyUnwrapped.captures[Int(i.b)].retained())
          case .loadSelf:
            Machine.set(r, i.a, Value(.function, function.unsafelyUnwrapped).retained())
          case .loadSlot:
            let value = code.pointee.slots[Int(i.b)]
            if value.tag == .empty { throw missingValue(code, slot: Int(i.b), module: nil) }
            Machine.set(r, i.a, value.retained())
          case .loadFar:
            let module = code.pointee.code.tables.modules[Int(i.b)]
            let value = module.slots[Int(i.c)]
            if value.tag == .empty { throw missingValue(code, slot: Int(i.c), module: module) }
            Machine.set(r, i.a, value.retained())
          case .loadNative:
            Machine.set(r, i.a, Value(tag: .native, bits: UInt64(i.b)))
          case .makeFunction:
            makeFunction(code.pointee.code.tables.functions[Int(i.b)], r + Int(i.a))

          // MARK: Operators
          case .add:
            let (x, y) = (r[Int(i.b)], r[Int(i.c)])
            if x.tag == .int, y.tag == .int {
              let (sum, overflow) = x.asInt.addingReportingOverflow(y.asInt)
              if overflow { throw overflowFault(.add, x, y) }
              Machine.set(r, i.a, .int(sum))
            } else if x.tag == .float, y.tag == .float {
              Machine.set(r, i.a, .float(x.asFloat + y.asFloat))
            } else {
              try arithmetic(.add, r, i.pointee)
            }
          case .subtract:
            let (x, y) = (r[Int(i.b)], r[Int(i.c)])
            if x.tag == .int, y.tag == .int {
              let (difference, overflow) = x.asInt.subtractingReportingOverflow(y.asInt)
              if overflow { throw overflowFault(.subtract, x, y) }
              Machine.set(r, i.a, .int(difference))
            } else if x.tag == .float, y.tag == .float {
              Machine.set(r, i.a, .float(x.asFloat - y.asFloat))
            } else {
              try arithmetic(.subtract, r, i.pointee)
            }
          case .multiply:
            let (x, y) = (r[Int(i.b)], r[Int(i.c)])
            if x.tag == .int, y.tag == .int {
              let (product, overflow) = x.asInt.multipliedReportingOverflow(by: y.asInt)
              if overflow { throw overflowFault(.multiply, x, y) }
              Machine.set(r, i.a, .int(product))
            } else if x.tag == .float, y.tag == .float {
              Machine.set(r, i.a, .float(x.asFloat * y.asFloat))
            } else {
              try arithmetic(.multiply, r, i.pointee)
            }
          case .divide:
            let (x, y) = (r[Int(i.b)], r[Int(i.c)])
            if x.tag == .float, y.tag == .float, y.asFloat != 0 {
              Machine.set(r, i.a, .float(x.asFloat / y.asFloat))
            } else {
              try arithmetic(.divide, r, i.pointee)
            }
          case .remainder:
            let (x, y) = (r[Int(i.b)], r[Int(i.c)])
            if x.tag == .int, y.tag == .int, y.asInt > 0 {
              Machine.set(r, i.a, .int(Machine.flooredRemainder(x.asInt, y.asInt)))
            } else {
              try arithmetic(.remainder, r, i.pointee)
            }
          case .power: try arithmetic(.power, r, i.pointee)
          case .matmul: try arithmetic(.matmul, r, i.pointee)
          case .intersection: try arithmetic(.intersection, r, i.pointee)
          case .union: try arithmetic(.union, r, i.pointee)
          case .equal:
            Machine.set(r, i.a, .bool(try compare(.equal, r[Int(i.b)], r[Int(i.c)])))
          case .notEqual:
            Machine.set(r, i.a, .bool(try compare(.notEqual, r[Int(i.b)], r[Int(i.c)])))
          case .less:
            let (x, y) = (r[Int(i.b)], r[Int(i.c)])
            if x.tag == .int, y.tag == .int {
              Machine.set(r, i.a, .bool(x.asInt < y.asInt))
            } else {
              try arithmetic(.less, r, i.pointee)
            }
          case .lessEqual: try arithmetic(.lessEqual, r, i.pointee)
          case .greater: try arithmetic(.greater, r, i.pointee)
          case .greaterEqual: try arithmetic(.greaterEqual, r, i.pointee)
          case .addInt:
            let x = r[Int(i.b)]
            if x.tag == .int {
              let (sum, overflow) = x.asInt.addingReportingOverflow(i.signedC)
              if overflow { throw overflowFault(.add, x, .int(i.signedC)) }
              Machine.set(r, i.a, .int(sum))
            } else if x.tag == .float {
              Machine.set(r, i.a, .float(x.asFloat + Double(i.signedC)))
            } else {
              try arithmeticInt(.add, r, i.pointee)
            }
          case .subtractInt:
            let x = r[Int(i.b)]
            if x.tag == .int {
              let (difference, overflow) = x.asInt.subtractingReportingOverflow(i.signedC)
              if overflow { throw overflowFault(.subtract, x, .int(i.signedC)) }
              Machine.set(r, i.a, .int(difference))
            } else if x.tag == .float {
              Machine.set(r, i.a, .float(x.asFloat - Double(i.signedC)))
            } else {
              try arithmeticInt(.subtract, r, i.pointee)
            }
          case .multiplyInt:
            let x = r[Int(i.b)]
            if x.tag == .int {
              let (product, overflow) = x.asInt.multipliedReportingOverflow(by: i.signedC)
              if overflow { throw overflowFault(.multiply, x, .int(i.signedC)) }
              Machine.set(r, i.a, .int(product))
            } else if x.tag == .float {
              Machine.set(r, i.a, .float(x.asFloat * Double(i.signedC)))
            } else {
              try arithmeticInt(.multiply, r, i.pointee)
            }
          case .divideInt:
            let x = r[Int(i.b)]
            if x.tag == .float, i.c != 0 {
              Machine.set(r, i.a, .float(x.asFloat / Double(i.signedC)))
            } else {
              try arithmeticInt(.divide, r, i.pointee)
            }
          case .remainderInt:
            let x = r[Int(i.b)]
            if x.tag == .int, i.signedC > 0 {
              Machine.set(r, i.a, .int(Machine.flooredRemainder(x.asInt, i.signedC)))
            } else {
              try arithmeticInt(.remainder, r, i.pointee)
            }
          case .negate:
            let x = r[Int(i.b)]
            if x.tag == .float {
              Machine.set(r, i.a, .float(-x.asFloat))
            } else {
              Machine.set(r, i.a, try unary(.negate, x))
            }
          case .complement:
            Machine.set(r, i.a, try unary(.complement, r[Int(i.b)]))
          case .not:
            let x = r[Int(i.b)]
            if x.tag != .bool { throw conditionFault(x, "not") }
            Machine.set(r, i.a, .bool(!x.asBool))

          // MARK: Making
          case .concat:
            try concatenate(r, i.pointee)
          case .appendTexts:
            try appendTexts(r, i.pointee)
          case .appendOne:
            if r[Int(i.a)].tag == .list {
              try append(to: r + Int(i.a), taking: r + Int(i.b))
            } else {
              try appendOne(r, i.pointee)
            }
          case .makeList:
            let values = r + Int(i.b)
            let list = Value.list(taking: values, count: Int(i.c), meter)
            for offset in 0..<Int(i.c) { values[offset] = .nil }
            Machine.set(r, i.a, list)
          case .makeMap:
            try makeMap(r, i.pointee)
          case .appendItem:
            try append(to: r + Int(i.a), taking: r + Int(i.b))
          case .insertEntry:
            try setElement(r + Int(i.a), key: r[Int(i.b)], taking: r + Int(i.b) + 1)
          case .makeRange:
            Machine.set(r, i.a, try makeRange(r[Int(i.b)], r[Int(i.c)], isClosed: false))
          case .makeClosedRange:
            Machine.set(r, i.a, try makeRange(r[Int(i.b)], r[Int(i.c)], isClosed: true))

          // MARK: Parts
          case .getIndex:
            let (x, y) = (r[Int(i.b)], r[Int(i.c)])
            if x.tag == .list, y.tag == .int {
              let list = x.asList
              let index = y.asInt
              if UInt(bitPattern: index) < UInt(bitPattern: list.pointee.count) {
                Machine.set(r, i.a, list.items[index].retained())
                continue
              }
            }
            Machine.set(r, i.a, try element(x, y))
          case .getSlice:
            try getSlice(r, i.pointee, code.pointee.code.tables.indexPatterns[Int(i.c)])
          case .getField:
            Machine.set(r, i.a, try field(r[Int(i.b)], k[Int(i.c)]))
          case .setIndex:
            let y = r[Int(i.b)]
            let x = r[Int(i.a)]
            if x.tag == .list, y.tag == .int, x.isUnique {
              let list = x.asList
              let index = y.asInt
              if UInt(bitPattern: index) < UInt(bitPattern: list.pointee.count) {
                let old = list.items[index]
                list.items[index] = Machine.take(r, i.c)
                old.release()
                continue
              }
            }
            try setElement(r + Int(i.a), key: y, taking: r + Int(i.c))
          case .addIndex: try updateElement(r + Int(i.a), key: r[Int(i.b)], .add, r[Int(i.c)])
          case .subtractIndex: try updateElement(r + Int(i.a), key: r[Int(i.b)], .subtract, r[Int(i.c)])
          case .multiplyIndex: try updateElement(r + Int(i.a), key: r[Int(i.b)], .multiply, r[Int(i.c)])
          case .divideIndex: try updateElement(r + Int(i.a), key: r[Int(i.b)], .divide, r[Int(i.c)])
          case .setPath:
            try setPath(r + Int(i.a), code.pointee.code.tables.paths[Int(i.c)], r + Int(i.b))

          // MARK: Jumps. A look at the limits comes before the jump, so that an error there stands inside of its `try`.
          case .jump:
            pc += i.wide
          case .loop:
            budget &-= 1
            if budget == 0 {
              budget = try refill(used: chunk)
              chunk = budget
            }
            pc += i.wide
          case .jumpIfFalse:
            let x = r[Int(i.a)]
            if x.tag != .bool { throw conditionFault(x, nil) }
            if !x.asBool { pc += i.wide }
          case .jumpIfTrue:
            let x = r[Int(i.a)]
            if x.tag != .bool { throw conditionFault(x, nil) }
            if x.asBool { pc += i.wide }
          case .loopIfTrue:
            let x = r[Int(i.a)]
            if x.tag != .bool { throw conditionFault(x, nil) }
            if x.asBool {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += i.wide
            }
          case .checkBool:
            let x = r[Int(i.a)]
            if x.tag != .bool { throw conditionFault(x, nil) }

          case .jumpUnlessLess:
            pc += try compare(.less, r[Int(i.a)], r[Int(i.b)]) ? 1 : 1 + pc.pointee.wide
          case .jumpUnlessLessEqual:
            pc += try compare(.lessEqual, r[Int(i.a)], r[Int(i.b)]) ? 1 : 1 + pc.pointee.wide
          case .jumpUnlessGreater:
            pc += try compare(.greater, r[Int(i.a)], r[Int(i.b)]) ? 1 : 1 + pc.pointee.wide
          case .jumpUnlessGreaterEqual:
            pc += try compare(.greaterEqual, r[Int(i.a)], r[Int(i.b)]) ? 1 : 1 + pc.pointee.wide
          case .jumpUnlessEqual:
            pc += try compare(.equal, r[Int(i.a)], r[Int(i.b)]) ? 1 : 1 + pc.pointee.wide
          case .jumpUnlessNotEqual:
            pc += try compare(.notEqual, r[Int(i.a)], r[Int(i.b)]) ? 1 : 1 + pc.pointee.wide
          case .jumpUnlessLessInt:
            pc += try compare(.less, r[Int(i.a)], .int(i.signedB)) ? 1 : 1 + pc.pointee.wide
          case .jumpUnlessLessEqualInt:
            pc += try compare(.lessEqual, r[Int(i.a)], .int(i.signedB)) ? 1 : 1 + pc.pointee.wide
          case .jumpUnlessGreaterInt:
            pc += try compare(.greater, r[Int(i.a)], .int(i.signedB)) ? 1 : 1 + pc.pointee.wide
          case .jumpUnlessGreaterEqualInt:
            pc += try compare(.greaterEqual, r[Int(i.a)], .int(i.signedB)) ? 1 : 1 + pc.pointee.wide
          case .jumpUnlessEqualInt:
            pc += try compare(.equal, r[Int(i.a)], .int(i.signedB)) ? 1 : 1 + pc.pointee.wide
          case .jumpUnlessNotEqualInt:
            pc += try compare(.notEqual, r[Int(i.a)], .int(i.signedB)) ? 1 : 1 + pc.pointee.wide

          case .loopIfLess:
            if try compare(.less, r[Int(i.a)], r[Int(i.b)]) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .loopIfLessEqual:
            if try compare(.lessEqual, r[Int(i.a)], r[Int(i.b)]) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .loopIfGreater:
            if try compare(.greater, r[Int(i.a)], r[Int(i.b)]) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .loopIfGreaterEqual:
            if try compare(.greaterEqual, r[Int(i.a)], r[Int(i.b)]) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .loopIfEqual:
            if try compare(.equal, r[Int(i.a)], r[Int(i.b)]) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .loopIfNotEqual:
            if try compare(.notEqual, r[Int(i.a)], r[Int(i.b)]) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .loopIfLessInt:
            if try compare(.less, r[Int(i.a)], .int(i.signedB)) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .loopIfLessEqualInt:
            if try compare(.lessEqual, r[Int(i.a)], .int(i.signedB)) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .loopIfGreaterInt:
            if try compare(.greater, r[Int(i.a)], .int(i.signedB)) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .loopIfGreaterEqualInt:
            if try compare(.greaterEqual, r[Int(i.a)], .int(i.signedB)) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .loopIfEqualInt:
            if try compare(.equal, r[Int(i.a)], .int(i.signedB)) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .loopIfNotEqualInt:
            if try compare(.notEqual, r[Int(i.a)], .int(i.signedB)) {
              budget &-= 1
              if budget == 0 {
                budget = try refill(used: chunk)
                chunk = budget
              }
              pc += 1 + pc.pointee.wide
            } else {
              pc += 1
            }
          case .jumpIfGiven:
            if r[Int(i.a)].tag != .empty { pc += i.wide }
          case .jumpIfCallable:
            if Machine.isCallable(r[Int(i.a)]) { pc += i.wide }

          // MARK: Loops
          case .rangeStart:
            try rangeStart(r + Int(i.a), isClosed: i.b != 0)
          case .rangeNext:
            // r[a] is the next int, r[a + 1] how many are left.
            let hidden = r + Int(i.a)
            let left = hidden[1].bits
            if left == 0 {
              pc += 1
              continue
            }
            hidden[1].bits = left &- 1
            Machine.set(r, i.b, hidden[0])
            hidden[0].bits &+= 1
            budget &-= 1
            if budget == 0 {
              budget = try refill(used: chunk)
              chunk = budget
            }
            pc += 1 + pc.pointee.wide
          case .loopStart:
            try loopStart(r + Int(i.a))
          case .loopNext:
            let hidden = r + Int(i.a)
            if hidden.pointee.tag == .list {
              let list = hidden.pointee.asList
              let index = hidden[1].asInt
              if index >= list.pointee.count {
                pc += 1
                continue
              }
              hidden[1] = .int(index &+ 1)
              Machine.set(r, i.b, list.items[index].retained())
            } else {
              guard let item = try nextItem(hidden) else {
                pc += 1
                continue
              }
              Machine.set(r, i.b, item)
            }
            budget &-= 1
            if budget == 0 {
              budget = try refill(used: chunk)
              chunk = budget
            }
            pc += 1 + pc.pointee.wide
          case .loopNextPair:
            guard try nextPair(r + Int(i.a), into: r + Int(i.b)) else {
              pc += 1
              continue
            }
            budget &-= 1
            if budget == 0 {
              budget = try refill(used: chunk)
              chunk = budget
            }
            pc += 1 + pc.pointee.wide

          // MARK: Calls
          case .callSlot where Machine.takes(code.pointee.slots[Int(i.b)], argumentCount: pc.pointee.a):
            // The usual call, apart from the others so that it asks nothing they need.
            pc += 1
            let callee = code.pointee.slots[Int(i.b)].asFunction
            let target = callee.pointee.code
            let arguments = r + Int(i.a)
            if state.pointee.depth >= state.pointee.depthLimit
              || arguments + target.pointee.frameSize >= state.pointee.stackEnd
            {
              throw recursionFault(state.pointee.depth)
            }
            (state.pointee.frames + state.pointee.depth).initialize(
              to: Frame(code: code, pc: pc, base: r, function: function))
            state.pointee.depth &+= 1
            function = callee
            code = target
            r = arguments
            k = code.pointee.constants
            pc = UnsafePointer(code.pointee.instructions)
            budget &-= 1
            if budget == 0 {
              budget = try refill(used: chunk)
              chunk = budget
            }
          case .callSlot, .callFar, .callValue:
            let site = pc.pointee
            pc += 1
            let callee: Value
            var arguments = r + Int(i.a)
            if i.op == .callSlot {
              callee = code.pointee.slots[Int(i.b)]
            } else if i.op == .callValue {
              callee = arguments.pointee
              arguments += 1
            } else {
              callee = code.pointee.code.tables.modules[Int(i.b)].slots[Int(i.c)]
            }
            let target: UnsafeMutablePointer<CodeHeader>
            if callee.tag == .function, callee.asFunction.pointee.code.pointee.parameterCount == Int(site.a) {
              target = callee.asFunction.pointee.code
            } else {
              // Binds names, spreads and defaults; calls natives and host values at once.
              guard let bound = try callSlowly(callee, arguments, code, site: site.wide) else { continue }
              target = bound
            }
            if state.pointee.depth >= state.pointee.depthLimit
              || arguments + target.pointee.frameSize >= state.pointee.stackEnd
            {
              throw recursionFault(state.pointee.depth)
            }
            (state.pointee.frames + state.pointee.depth).initialize(
              to: Frame(code: code, pc: pc, base: r, function: function))
            state.pointee.depth &+= 1
            // The fallback of a name that cannot be called is never a function of the language.
            function = callee.asFunction
            code = target
            r = arguments
            k = code.pointee.constants
            pc = UnsafePointer(code.pointee.instructions)
            budget &-= 1
            if budget == 0 {
              budget = try refill(used: chunk)
              chunk = budget
            }
          case .callNative:
            let site = pc.pointee
            pc += 1
            let arguments = r + Int(i.a)
            let result = try callNative(Int(i.b), arguments, plainCount: Int(site.a), code, site: site.wide)
            Machine.set(r, i.a, result)
          case .return, .returnNil:
            let result = i.op == .return ? Machine.take(r, i.a) : .nil
            // Four registers at a time: tags of objects have bit 3, and frames are made of fours.
            var register = r + code.pointee.firstOwned
            let end = r + code.pointee.frameSize
            while register < end {
              let tags = register[0].tag.raw | register[1].tag.raw | register[2].tag.raw | register[3].tag.raw
              if tags & 8 != 0 { release(register, from: 0, to: 4) }
              register += 4
            }
            if state.pointee.depth == entryDepth { return result }
            r.pointee = result
            state.pointee.depth &-= 1
            let frame = state.pointee.frames + state.pointee.depth
            code = frame.pointee.code
            pc = frame.pointee.pc
            r = frame.pointee.base
            function = frame.pointee.function
            k = code.pointee.constants

          // MARK: Checks and modules
          case .checkType:
            try checkType(r, Int(i.a), code.pointee.code.tables.types[Int(i.b)])
          case .expect:
            let x = r[Int(i.a)]
            if x.tag != .bool { throw conditionFault(x, "expect") }
            if !x.asBool { throw expectationFault(code, pc) }
          case .expectComparison:
            try expectComparison(r, i.pointee)
          case .useModule:
            try useModule(code.pointee.code.tables.modules[Int(i.b)])
          case .addTest:
            addTest(k[Int(i.b)], r[Int(i.a)], Place(source: code.pointee.code.source, range: code.pointee.code.range(before: pc)))
          case .catchError:
            Machine.set(r, i.a, state.pointee.caught)
            state.pointee.caught = .nil
          }
        }
      } catch {
        // Unwind to the nearest handler of this run, or out of it.
        var fault = translated(error)
        // A look at the limits that threw has not given the next steps out.
        if budget == 0 {
          chunk = max(1, min(Machine.stepChunk, stepsLeft))
          budget = chunk
        }
        while true {
          if let target = settle(&fault, code, pc) {
            state.pointee.caught.release()
            state.pointee.caught = .host(owned: ErrorValue(fault), meter)
            pc = UnsafePointer(code.pointee.instructions) + target
            break
          }
          if code.pointee.code.isTopLevel { recordReached(code.pointee.code, r, pc) }
          release(r, from: code.pointee.firstOwned, to: code.pointee.frameSize)
          if state.pointee.depth == entryDepth {
            // A wrong argument given by Swift code has no place in a call of the script.
            if fault.place == nil { fault.parameter = nil }
            throw fault
          }
          state.pointee.depth -= 1
          let frame = state.pointee.frames[state.pointee.depth]
          code = frame.code
          pc = frame.pc
          r = frame.base
          function = frame.function
        }
        k = code.pointee.constants
      }
    }
  }

  @inline(__always)
  static func flooredRemainder(_ a: Int, _ b: Int) -> Int {
    // b > 0, so that this cannot overflow.
    let remainder = a % b
    return remainder < 0 ? remainder &+ b : remainder
  }
}
