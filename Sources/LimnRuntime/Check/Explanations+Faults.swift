import LimnSyntax

// E20xx: errors at run time, one code a kind; `limn check` tells those that are sure before.
extension Explanations {
  private static func fault(_ kind: FaultKind, _ title: String, _ text: String, wrong: String? = nil, right: String? = nil) -> Explanation {
    Explanation(kind.code, title, text, wrong: wrong, right: right)
  }

  static let faults: [Explanation] = [
    fault(.syntax, "a text that is no program (kind 'syntax')", "A text that was read as Limn while the program ran has mistakes of its own."),
    fault(
      .name, "a name, field or key that is not there (kind 'name')",
      "The value has no field of the name, or a top-level name is read before its declaration has run.",
      wrong: "func first() { start }\nprint(first())\nlet start = 1", right: "let start = 1\nfunc first() { start }\nprint(first())"),
    fault(
      .type, "a value of another type than wanted (kind 'type')",
      "The message says what was expected and what was found. 'type(x)' gives the type of a value.",
      wrong: "print(upper(3))", right: "print(upper(\"three\"))"),
    fault(
      .shape, "shapes that do not fit (kind 'shape')",
      "The message names both shapes. '@' wants the last axis of the first to be as long as the one before the last of the\nsecond; '+' and the like match axes from the last, where a size of 1 stands for any.",
      wrong: "print(zeros([2, 3]) @ zeros([2, 3]))", right: "print(zeros([2, 3]) @ zeros([3, 2]))"),
    fault(
      .value, "a value that is not allowed here (kind 'value')",
      "The type is right, the value is not: a division by zero, a choice that there is none, a number out of range.",
      wrong: "print(1 / 0)", right: "print(1 / 2)"),
    fault(
      .index, "an item that is not there (kind 'index')",
      "Items count from 0, so the last of three is 2, or -1. A missing key of a map is this error too: 'm.get(k, 0)' is not.",
      wrong: "let xs = [1, 2, 3]\nprint(xs[3])", right: "let xs = [1, 2, 3]\nprint(xs[2])"),
    fault(
      .io, "a file that cannot be read or written (kind 'io')",
      "Paths start at the folder of the program. The message has what the system said.",
      wrong: "print(image(\"no-such.png\").width)", right: "print(image(64, 64).width)"),
    fault(
      .model, "a model that cannot be loaded or used (kind 'model')",
      "The folder or file has no model that Limn knows, or a weight is missing or of another shape. 'model(\"sticker\")' is\nalways there.",
      wrong: "let pipe = model(\"./no-such-folder\")\nprint(pipe.name)", right: "let pipe = model(\"sticker\")\nprint(pipe.name)"),
    fault(.memory, "memory is used up (kind 'memory')", "A value would be larger than what is left, or than --max-memory. Make sizes smaller, or let go of what is not needed.",
      wrong: "print(\"ha\".repeat(2_000_000_000))", right: "print(\"ha\".repeat(20))"),
    fault(
      .limit, "a limit is reached (kind 'limit')",
      "Calls nest 20,000 deep; --max-steps and --timeout end what runs for too long. Most often a recursion has no end.",
      wrong: "func count(n) { 1 + count(n - 1) }\nprint(count(3))", right: "func count(n) { if n == 0 { 0 } else { 1 + count(n - 1) } }\nprint(count(3))"),
    fault(
      .fail, "the program said so (kind 'fail')",
      "'fail(\"message\")' was called, or an 'expect' or 'assert' does not hold. 'try { } catch e { }' takes it.",
      wrong: "fail(\"no pictures\")", right: "try { fail(\"no pictures\") } catch e { print(e.message) }"),
    fault(.interrupt, "it was interrupted (kind 'interrupt')", "Ctrl-C, or the program that runs Limn, ended it. Names keep what they held before the statement."),
  ]
}
