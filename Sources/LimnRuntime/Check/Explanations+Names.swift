import LimnSyntax

// E10xx and W11xx: what the compiler and the checker say of names, calls and modules.
extension Explanations {
  static let names: [Explanation] = [
    Explanation(
      .unknownName, "there is no such name",
      "No variable, function or built-in of the name is known here. Names are told apart by case; those of a module stand\nbehind its name and a dot. A new name is made with 'let' or 'var'.",
      wrong: "let photo = 1\nprint(phto)", right: "let photo = 1\nprint(photo)"),
    Explanation(
      .usedBeforeDeclaration, "a name is used above its declaration",
      "A name exists after its declaration. Only the body of a function may name what is declared further down, since it\nruns later.",
      wrong: "print(size)\nlet size = 64", right: "let size = 64\nprint(size)"),
    Explanation(
      .notAVariable, "a name that cannot be rebound",
      "A name made with 'let' keeps its value, and so do parameters and the names of loops. 'var' makes one that can be\ngiven another.",
      wrong: "let count = 0\ncount += 1", right: "var count = 0\ncount += 1"),
    Explanation(
      .rebindsOutside, "a function rebinds a name outside of itself",
      "Functions read names from outside, but change none: what a call does is in its result. Return the new value and\nbind it where the function is called.",
      wrong: "var count = 0\nfunc more() { count = count + 1 }", right: "var count = 0\nfunc more(n) { n + 1 }\ncount = more(count)"),
    Explanation(
      .unusedResult, "a result is not used",
      "Nothing in Limn changes its argument: 'xs.append(2)' is a new list. Bind it, or the call does nothing.",
      wrong: "var xs = [1]\nxs.append(2)\nprint(xs)", right: "var xs = [1]\nxs = xs.append(2)\nprint(xs)"),
    Explanation(
      .unknownParameter, "there is no parameter of this name",
      "An argument is given by position or by the name of its parameter. 'help(f)' lists them.",
      wrong: "print(round(1.25, digit: 1))", right: "print(round(1.25, digits: 1))"),
    Explanation(
      .wrongArgumentCount, "too few or too many arguments",
      "Every parameter without a default wants an argument. The help shows how the function is declared.",
      wrong: "print(upper())", right: "print(upper(\"a\"))"),
    Explanation(
      .unknownType, "there is no such type",
      "After ':' in a list of parameters stands a type: int, float, number, string, list, map, range, function, bool, any,\ntensor, image, mask, model and the other types of values.",
      wrong: "func half(x: flot) { x / 2 }", right: "func half(x: float) { x / 2 }"),
    Explanation(
      .misplacedJump, "'break', 'continue' or 'return' in a wrong place",
      "'break' and 'continue' stand in the body of a loop, 'return' in that of a function. The block of a call is a\nfunction: 'return' there leaves the block.",
      wrong: "print(1)\nbreak", right: "for i in 0..<9 {\n  if i == 3 { break }\n  print(i)\n}"),
    Explanation(
      .moduleProblem, "a module cannot be used so",
      "'use name' loads 'name.limn' from beside the program, then from the library. Its names stand behind its name and a\ndot; those that begin with '_' are its own. Two modules cannot use each other.",
      wrong: "use no_such_module\nprint(1)", right: "print(1)"),
    Explanation(
      .tooLarge, "a function or a program is too large",
      "A function holds 32,000 names and values at once, a file as many top-level names. Divide it into smaller ones."),
    Explanation(
      .misplacedStatement, "a statement that stands only at the top level",
      "'use' and 'test' stand at the top level of a file, not in blocks and functions. The name of a test is plain text.",
      wrong: "if true {\n  test \"sums\" { expect 1 + 1 == 2 }\n}", right: "test \"sums\" { expect 1 + 1 == 2 }"),
    Explanation(
      .unusedName, "a name is never used",
      "Nothing reads it: it may be left over, or misspelled where it is used. A name that begins with '_' says that this\nis meant.",
      wrong: "func area(r) {\n  let square = r * r\n  pi() * r * r\n}", right: "func area(r) {\n  let square = r * r\n  pi() * square\n}"),
    Explanation(
      .unreachable, "code that never runs",
      "'return', 'break', 'continue' and 'fail' leave the block, so what stands below them in it does nothing.",
      wrong: "func double(x) {\n  return x\n  x * 2\n}", right: "func double(x) {\n  return x * 2\n}"),
    Explanation(
      .unusedModule, "a module is never used",
      "No name of the module is read in the file. Loading it takes time for nothing.",
      wrong: "use sequences\nprint(1)", right: "print(1)"),
    Explanation(
      .surelyNotMeant, "a call that does less than it says",
      "It runs, but a part of an argument has no effect: a text encoder takes 75 tokens, and what a prompt has beyond\nthat falls off.",
      wrong: "let pipe = model(\"sticker\")\nprint(encode(pipe, \"\(Array(repeating: "red", count: 80).joined(separator: " "))\"))",
      right: "let pipe = model(\"sticker\")\nprint(encode(pipe, \"red\"))"),
  ]
}
