import LimnSyntax

extension Expression {
  /// Shows `body` this expression and all inside it, as long as it answers true.
  func visit(_ body: (Expression) -> Bool) {
    guard body(self) else { return }
    switch kind {
    case .missing, .nil, .bool, .int, .float, .name: break
    case .string(let literal):
      for case .value(let value) in literal.parts { value.visit(body) }
    case .list(let items): for item in items { item.visit(body) }
    case .map(let entries):
      for entry in entries {
        entry.key.visit(body)
        entry.value.visit(body)
      }
    case .comprehension(let comprehension):
      comprehension.key?.visit(body)
      comprehension.element.visit(body)
      for clause in comprehension.clauses {
        clause.sequence.visit(body)
        clause.condition?.visit(body)
      }
    case .unary(_, let operand): operand.visit(body)
    case .binary(_, let left, let right, _):
      left.visit(body)
      right.visit(body)
    case .range(let lower, let upper, _):
      lower.visit(body)
      upper.visit(body)
    case .function(let function): function.visit(body)
    case .call(let call):
      switch call.callee {
      case .name: break
      case .method(let receiver, _): receiver.visit(body)
      case .value(let value): value.visit(body)
      }
      for argument in call.arguments { argument.value.visit(body) }
      call.trailing?.visit(body)
    case .field(let base, _): base.visit(body)
    case .index(let base, let index):
      base.visit(body)
      for part in index {
        switch part {
        case .wholeAxis: break
        case .value(let value): value.visit(body)
        case .slice(let lower, let upper, _, _):
          lower?.visit(body)
          upper?.visit(body)
        }
      }
    case .if(let branches):
      for branch in branches.branches {
        branch.condition.visit(body)
        branch.body.visit(body)
      }
      branches.otherwise?.visit(body)
    case .try(let attempt):
      attempt.body.visit(body)
      attempt.handler.visit(body)
    }
  }
}

extension Function {
  func visit(_ body: (Expression) -> Bool) {
    for parameter in parameters { parameter.defaultValue?.visit(body) }
    switch self.body {
    case .block(let block): block.visit(body)
    case .expression(let value): value.visit(body)
    }
  }
}

extension Block {
  func visit(_ body: (Expression) -> Bool) {
    for statement in statements {
      switch statement.kind {
      case .use, .break, .continue: break
      case .binding(_, let bindings): for binding in bindings { binding.value.visit(body) }
      case .function(let function): function.visit(body)
      case .for(let loop):
        loop.sequence.visit(body)
        loop.body.visit(body)
      case .while(let condition, let block):
        condition.visit(body)
        block.visit(body)
      case .return(let value): value?.visit(body)
      case .test(_, let block): block.visit(body)
      case .expect(let condition): condition.visit(body)
      case .assign(let place, _, let value):
        place.visit(body)
        value.visit(body)
      case .expression(let value): value.visit(body)
      }
    }
  }
}
