/// What the machine can do. This enum is the specification: compiler, machine and disassembler read it.
///
/// `r` are the registers of the running function, `k` its constants. `→ n` says how many words follow the first.
/// A "take" moves a value out of its register and leaves nil there, so that the value can stay unique.
enum Opcode: UInt8, CaseIterable {
  // MARK: Loads
  /// r[a] = r[b]
  case move
  /// r[a] = take r[b]
  case take
  /// r[a] = take r[b] if that is a string, list or map, else r[b]: the argument of `v = f(v)`
  case takeCollection
  /// r[a] = nil
  case loadNil
  /// r[a] = b != 0
  case loadBool
  /// r[a] = the int in the 32 bits of b, c
  case loadInt
  /// r[a] = k[b]
  case loadConstant
  /// r[a] = captured value b
  case loadCapture
  /// r[a] = the running function
  case loadSelf
  /// r[a] = top-level name b of this module; a fault if it has no value yet
  case loadSlot
  /// r[a] = top-level name c of the module k… number b of this code
  case loadFar
  /// r[a] = native b
  case loadNative
  /// r[a] = function of code b with the captures taken from r[a], r[a + 1], …
  case makeFunction

  // MARK: Operators. r[a] = r[b] op r[c]; when a is b, strings and lists grow in place.
  case add, subtract, multiply, divide, remainder, power, matmul, intersection, union
  case equal, notEqual, less, lessEqual, greater, greaterEqual
  /// r[a] = r[b] op the int c
  case addInt, subtractInt, multiplyInt, divideInt, remainderInt
  /// r[a] = op r[b]
  case negate, complement, not

  // MARK: Making
  /// r[a] = the texts of take r[b], …, r[b + c − 1] joined
  case concat
  /// r[a] += the texts of take r[b], …, r[b + c − 1]: `s += "…{x}"`
  case appendTexts
  /// r[a] += [take r[b]]: `xs += [x]`
  case appendOne
  /// r[a] = [take r[b], …], c of them
  case makeList
  /// r[a] = [take r[b]: take r[b + 1], …], c pairs
  case makeMap
  /// r[a] gets take r[b] appended: the list of a comprehension
  case appendItem
  /// r[a] gets key take r[b] with value take r[b + 1]: the map of a comprehension
  case insertEntry
  /// r[a] = r[b]..<r[c], r[b]...r[c]
  case makeRange, makeClosedRange

  // MARK: Parts
  /// r[a] = r[b][r[c]]
  case getIndex
  /// r[a] = r[b][…] by index pattern c, whose values are r[a], r[a + 1], …
  case getSlice
  /// r[a] = r[b].k[c]
  case getField
  /// r[a][r[b]] = take r[c]
  case setIndex
  /// r[a][r[b]] op= r[c]
  case addIndex, subtractIndex, multiplyIndex, divideIndex
  /// r[a] changes along path c, whose keys and new value are taken from r[b], r[b + 1], …
  case setPath

  // MARK: Jumps. Offsets count words from the end of the instruction.
  /// pc += the 32 bits of b, c
  case jump
  /// The same backwards, looking at interrupt and limits
  case loop
  /// if not r[a] { pc += b, c }; a fault unless r[a] is a bool
  case jumpIfFalse, jumpIfTrue
  /// The same backwards
  case loopIfTrue
  /// A fault unless r[a] is a bool: the right side of `and` and `or`
  case checkBool
  /// if not (r[a] op r[b]) { pc += the next word } → 1
  case jumpUnlessLess, jumpUnlessLessEqual, jumpUnlessGreater, jumpUnlessGreaterEqual, jumpUnlessEqual
  case jumpUnlessNotEqual
  /// if r[a] op r[b] { pc += the next word }, backwards → 1
  case loopIfLess, loopIfLessEqual, loopIfGreater, loopIfGreaterEqual, loopIfEqual, loopIfNotEqual
  /// if not (r[a] op the int b) { pc += the next word } → 1
  case jumpUnlessLessInt, jumpUnlessLessEqualInt, jumpUnlessGreaterInt, jumpUnlessGreaterEqualInt
  case jumpUnlessEqualInt, jumpUnlessNotEqualInt
  /// if r[a] op the int b { pc += the next word }, backwards → 1
  case loopIfLessInt, loopIfLessEqualInt, loopIfGreaterInt, loopIfGreaterEqualInt, loopIfEqualInt, loopIfNotEqualInt
  /// if r[a] was given as an argument { pc += b, c }
  case jumpIfGiven
  /// if r[a] can be called { pc += b, c }
  case jumpIfCallable

  // MARK: Loops
  /// r[a], r[a + 1] become the state of a loop over the ints from r[a] to r[a + 1] (with it if b is 1)
  case rangeStart
  /// r[b] = next int and pc += the next word, or go on if there is none → 1
  case rangeNext
  /// r[a], r[a + 1] become the state of a loop over r[a]
  case loopStart
  /// r[b] = next item and pc += the next word, or go on if there is none → 1
  case loopNext
  /// r[b], r[b + 1] = next key and value, or the two items of the next pair → 1
  case loopNextPair

  // MARK: Calls → 1: a = number of arguments, or 0xFFFF if they need binding; b, c = call site
  /// r[a] = top-level name b of this module (r[a], …)
  case callSlot
  /// r[a] = top-level name c of module b (r[a], …)
  case callFar
  /// r[a] = native b (r[a], …)
  case callNative
  /// r[a + 1] = r[a](r[a + 1], …)
  case callValue
  /// Leave with take r[a]
  case `return`
  /// Leave with nil
  case returnNil

  // MARK: Checks and modules
  /// r[a] is checked against declared type b, whose shape names it binds
  case checkType
  /// A fault unless r[a] is true: `expect`
  case expect
  /// A fault that shows both sides unless r[a] op r[b], for comparison c: `expect x == y`
  case expectComparison
  /// Run module b of this code if it has not run yet
  case useModule
  /// Enter function r[a] as the test named k[b]
  case addTest
  /// r[a] = the error just caught
  case catchError
}

/// One word of code: an opcode and three operands, or data for the instruction before it.
struct Instruction {
  var op: Opcode
  var a: UInt16
  var b: UInt16
  var c: UInt16

  @inline(__always) init(_ op: Opcode, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) {
    self.op = op
    self.a = UInt16(truncatingIfNeeded: a)
    self.b = UInt16(truncatingIfNeeded: b)
    self.c = UInt16(truncatingIfNeeded: c)
  }

  /// A word with 32 bits in b and c.
  init(_ op: Opcode, _ a: Int, wide: Int) {
    let bits = UInt32(bitPattern: Int32(wide))
    self.init(op, a, Int(bits & 0xFFFF), Int(bits >> 16))
  }

  @inline(__always) var wide: Int { Int(Int32(bitPattern: UInt32(b) | UInt32(c) << 16)) }

  /// b and c as signed 16-bit numbers.
  @inline(__always) var signedB: Int { Int(Int16(bitPattern: b)) }
  @inline(__always) var signedC: Int { Int(Int16(bitPattern: c)) }
}

/// Operands read where they are needed: a word taken apart at once costs every instruction all of them.
extension UnsafePointer where Pointee == Instruction {
  @inline(__always) var op: Opcode { pointee.op }
  @inline(__always) var a: UInt16 { pointee.a }
  @inline(__always) var b: UInt16 { pointee.b }
  @inline(__always) var c: UInt16 { pointee.c }
  @inline(__always) var wide: Int { pointee.wide }
  @inline(__always) var signedB: Int { pointee.signedB }
  @inline(__always) var signedC: Int { pointee.signedC }
}

extension Opcode {
  /// Whether a word of data follows.
  var hasData: Bool {
    switch self {
    case .callSlot, .callFar, .callNative, .callValue, .rangeNext, .loopNext, .loopNextPair: true
    default: isFusedComparison
    }
  }

  var isFusedComparison: Bool {
    rawValue >= Opcode.jumpUnlessLess.rawValue && rawValue <= Opcode.loopIfNotEqualInt.rawValue
  }
}
