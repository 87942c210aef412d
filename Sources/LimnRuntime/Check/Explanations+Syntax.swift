import LimnSyntax

// E01xx to E05xx: what the parser says.
extension Explanations {
  static let syntax: [Explanation] = [
    Explanation(
      .notUTF8, "the file is not UTF-8 text",
      "A Limn program is text in UTF-8. A picture, a compressed file or a text in an old encoding is none; most editors\ncan save a file as UTF-8."),
    Explanation(
      .unexpectedCharacter, "a character that begins nothing",
      "Names are made of letters, digits and '_'; strings stand in double quotes. Other signs mean nothing in Limn.",
      wrong: "let price = $5", right: "let price = 5"),
    Explanation(
      .unterminatedString, "a string without its end",
      "A string ends with a double quote on the line it begins on. Text of several lines stands in three quotes.",
      wrong: "let words = \"a panda", right: "let words = \"a panda\""),
    Explanation(
      .badEscape, "an escape that there is none",
      "In a string a backslash makes \\n \\t \\r \\0 \\\\ \\\" \\' \\{ \\} or \\u{…}. A backslash itself is written twice.",
      wrong: "print(\"C:\\pictures\")", right: "print(\"C:\\\\pictures\")"),
    Explanation(
      .badNumber, "a number that cannot be read",
      "Ints have 64 bits; larger numbers are floats. Numbers are decimal, '_' may stand between digits.",
      wrong: "let n = 99999999999999999999", right: "let n = 1e20"),
    Explanation(
      .badIndentation, "a line of a text in three quotes stands too far left",
      "The text loses the indentation of its closing quotes, so each line has at least that.",
      wrong: "let text = \"\"\"\n    one\n  two\n    \"\"\"", right: "let text = \"\"\"\n    one\n    two\n    \"\"\""),
    Explanation(
      .emptyInterpolation, "braces with nothing in them, in a string",
      "'{' in a string begins an expression whose value is put there. A brace itself is written '\\{'.",
      wrong: "print(\"a set: {}\")", right: "print(\"a set: \\{}\")"),
    Explanation(
      .expectedStatementEnd, "something stands behind a whole statement",
      "A statement ends with its line. Two on one line have ';' between them.",
      wrong: "let a = 1 let b = 2", right: "let a = 1; let b = 2"),
    Explanation(
      .expectedName, "a name is missing",
      "Here stands a name: letters, digits and '_', not beginning with a digit.",
      wrong: "let = 5", right: "let second = 5"),
    Explanation(
      .reservedWord, "a word of the language as a name",
      "Words such as 'in', 'for' and 'not' mean something and cannot be names. After '.' and before ':' they can.",
      wrong: "let for = 3", right: "let turns = 3"),
    Explanation(
      .expectedToken, "a sign is missing",
      "The message says what was expected and what stands there: often a ',' between arguments is missing.",
      wrong: "print(1 2)", right: "print(1, 2)"),
    Explanation(
      .expectedBlock, "braces are missing",
      "The body of 'if', 'for', 'while', 'func', 'try' and 'test' stands in braces, even if it is one statement.",
      wrong: "if true print(1)", right: "if true { print(1) }"),
    Explanation(
      .notAPlace, "left of '=' stands something that cannot be changed",
      "A value is given to a name, or to a field or item of what a name holds.",
      wrong: "len([1, 2]) = 3", right: "var n = len([1, 2])\nn = 3"),
    Explanation(
      .misplacedElse, "'else' or 'catch' with nothing before it",
      "'else' stands on the line of the '}' that ends the body of 'if', 'catch' on that of 'try'.",
      wrong: "if true { print(1) }\nelse { print(2) }", right: "if true { print(1) } else { print(2) }"),
    Explanation(
      .misplacedBrace, "a '{' that opens nothing",
      "'{' opens the body of a statement, of a function, or the block behind the ')' of a call. A map stands in brackets.",
      wrong: "let n = 3 { print(n) }", right: "let n = 3\nif n == 3 { print(n) }"),
    Explanation(
      .duplicateParameter, "one name twice in a list of parameters",
      "Each parameter has a name of its own; a shape has one '..' at most.",
      wrong: "func add(a, a) { a }", right: "func add(a, b) { a + b }"),
    Explanation(
      .missingInitialValue, "a name without a value",
      "A name is declared with its value. One that has none yet may be 'nil'.",
      wrong: "var best", right: "var best = nil"),
    Explanation(
      .misplacedType, "a type where none is declared",
      "Types stand only in lists of parameters, where they are checked at each call.",
      wrong: "let n: int = 3", right: "let n = 3"),
    Explanation(
      .expectedExpression, "a value is missing",
      "An operator, a ',' or an opening bracket wants a value behind it.",
      wrong: "let x = * 2", right: "let x = 1 * 2"),
    Explanation(
      .unclosedBracket, "a bracket that is never closed",
      "The place is where the bracket was opened. Every '(', '[' and '{' has its closing one.",
      wrong: "print((1 + 2)", right: "print((1 + 2))"),
    Explanation(
      .unmatchedBracket, "a closing bracket without its opening one",
      "It closes nothing, or something else than was opened last.",
      wrong: "print(1))", right: "print(1)"),
    Explanation(
      .chainedComparison, "comparisons in a row",
      "'a < b < c' would compare a bool with c. Two comparisons are joined by 'and'.",
      wrong: "print(1 < 2 < 3)", right: "print(1 < 2 and 2 < 3)"),
    Explanation(
      .operatorNeedsBrackets, "an operator that needs brackets here",
      "'not' and '=>' bind looser than what stands before them, so brackets say what they belong to.",
      wrong: "print(true == not false)", right: "print(true == (not false))"),
    Explanation(
      .mixedListAndMap, "a list and a map in one",
      "Between brackets stand either items, or keys each with ':' and a value.",
      wrong: "let m = [\"a\": 1, 2]", right: "let m = [\"a\": 1, \"b\": 2]"),
    Explanation(
      .duplicateArgument, "one argument given twice",
      "Each parameter takes one argument.",
      wrong: "print(round(1.25, digits: 1, digits: 2))", right: "print(round(1.25, digits: 1))"),
    Explanation(
      .openRangeOutsideIndex, "a range without an end",
      "'2...' and '..<5' are for indices, where the axis says where it ends. Elsewhere both ends are written.",
      wrong: "print(..<5)", right: "print(0..<5)"),
    Explanation(
      .foreignSpelling, "a spelling of another language",
      "Limn says this in another way, which the help shows.",
      wrong: "print(None)", right: "print(nil)"),
    Explanation(
      .nestedTooDeep, "too many levels of brackets and blocks",
      "Brackets and blocks nest 200 levels deep at most. Give inner parts names with 'let', or make them functions."),
    Explanation(
      .expressionTooLong, "too many operators in one expression",
      "An expression has 1,000 operators in a row at most. Give its parts names with 'let', or keep the values in a list."),
    Explanation(
      .tooManyErrors, "more errors than are worth reading",
      "After 100 errors the rest of the text is not read. Mend the first ones: the others often follow from them."),
    Explanation(.sourceTooLarge, "the text is too large", "A program has 16 MB at most. Data belongs in files that the program reads."),
  ]
}
