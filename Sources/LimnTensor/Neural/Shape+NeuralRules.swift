// What layers ask of shapes; see Shape+Rules.swift. Pure: an operation traps with the message, a binding throws it.
extension Shape {
  /// The shape of `matmul(a, b)`: inner sizes agree, leading axes broadcast; an operand of one axis is a row or a column.
  package static func matmul(_ a: Shape, _ b: Shape) throws -> Shape {
    guard a.rank >= 1, b.rank >= 1 else { throw ShapeError("matmul: a number has no axes to multiply: \(a) @ \(b)") }
    let left = a.rank == 1 ? Shape([1, a[0]]) : a
    let right = b.rank == 1 ? Shape([b[0], 1]) : b
    guard left[-1] == right[-2] else { throw ShapeError("matmul: inner sizes differ: \(a) @ \(b)") }
    let leading = try Shape.broadcast(Shape(left.dims.dropLast(2)), Shape(right.dims.dropLast(2)), op: "matmul")
    var dims = leading.dims
    if a.rank > 1 { dims.append(left[-2]) }
    if b.rank > 1 { dims.append(right[-1]) }
    return Shape(dims)
  }

  /// The shape of `linear(x, weight:, bias:)`: `x [..., I]`, `weight [O, I]`, `bias [O]` → `[..., O]`.
  package static func linear(_ x: Shape, weight: Shape, bias: Shape?) throws -> Shape {
    guard weight.rank == 2 else { throw ShapeError("linear: the weight is \(weight), expected [outputs, inputs]") }
    guard x.rank >= 1, x[-1] == weight[1] else {
      throw ShapeError("linear: the input is \(x), expected \(weight[1]) features last for a weight of \(weight)")
    }
    if let bias, bias != [weight[0]] { throw ShapeError("linear: the bias is \(bias), expected [\(weight[0])]") }
    var result = x
    result[-1] = weight[0]
    return result
  }

  /// The shape of `conv2d`: `x [N, C, H, W]`, `weight [O, C, kh, kw]`, `bias [O]` → `[N, O, H′, W′]`.
  package static func conv2d(_ x: Shape, weight: Shape, bias: Shape?, stride: Int, padding: Padding) throws -> Shape {
    guard x.rank == 4 else { throw ShapeError("conv2d: the input is \(x), expected [N, C, H, W]") }
    guard weight.rank == 4, weight.count > 0 else {
      throw ShapeError("conv2d: the weight is \(weight), expected [outputs, inputs, height, width]")
    }
    guard x[1] == weight[1] else {
      throw ShapeError("conv2d: the input has \(x[1]) channels, the weight expects \(weight[1])")
    }
    guard max(weight[0], weight[1]) <= Padding.mostChannels else {
      throw ShapeError("conv2d: \(max(weight[0], weight[1])) channels, at most \(Padding.mostChannels) are possible")
    }
    if let bias, bias != [weight[0]] { throw ShapeError("conv2d: the bias is \(bias), expected [\(weight[0])]") }
    guard stride >= 1 else { throw ShapeError("conv2d: the stride is \(stride), it must be at least 1") }
    guard padding.top >= 0, padding.left >= 0, padding.bottom >= 0, padding.right >= 0 else {
      throw ShapeError("conv2d: padding is negative")
    }
    let height = x[2] + padding.top + padding.bottom - weight[2]
    let width = x[3] + padding.left + padding.right - weight[3]
    guard height >= 0, width >= 0 else {
      throw ShapeError("conv2d: a window of \(weight[3])×\(weight[2]) does not fit a padded input of \(x)")
    }
    return [x[0], weight[0], height / stride + 1, width / stride + 1]
  }

  /// What `groupNorm` asks: `x [N, C, …]`, C a multiple of `groups`, weight and bias `[C]`.
  package static func groupNorm(_ x: Shape, groups: Int, weight: Shape?, bias: Shape?) throws {
    guard x.rank >= 2 else { throw ShapeError("group norm: the input is \(x), expected [N, C, ...]") }
    guard groups >= 1, x[1] % groups == 0 else {
      throw ShapeError("group norm: \(x[1]) channels cannot be split into \(groups) groups")
    }
    for (name, shape) in [("weight", weight), ("bias", bias)] {
      if let shape, shape != [x[1]] { throw ShapeError("group norm: the \(name) is \(shape), expected [\(x[1])]") }
    }
  }

  /// What `layerNorm` asks: `x [..., D]`, weight and bias `[D]`.
  package static func layerNorm(_ x: Shape, weight: Shape?, bias: Shape?) throws {
    guard x.rank >= 1, x[-1] >= 1 else {
      throw ShapeError("layer norm: the input is \(x), expected features on the last axis")
    }
    for (name, shape) in [("weight", weight), ("bias", bias)] {
      if let shape, shape != [x[-1]] { throw ShapeError("layer norm: the \(name) is \(shape), expected [\(x[-1])]") }
    }
  }

  /// The shape of `geglu(x)`: the last axis is halved.
  package static func geglu(_ x: Shape) throws -> Shape {
    guard x.rank >= 1, x[-1] % 2 == 0 else { throw ShapeError("geglu: the input is \(x), expected an even last axis") }
    var result = x
    result[-1] = x[-1] / 2
    return result
  }

  /// What attention asks: `q [B, Tq, D]`, `k`, `v [B, Tk, D]`, D a multiple of `heads`.
  package static func attention(_ q: Shape, _ k: Shape, _ v: Shape, heads: Int) throws {
    guard q.rank == 3, k.rank == 3, v.rank == 3 else {
      throw ShapeError("attention: queries, keys and values are \(q), \(k) and \(v), expected [B, T, D] each")
    }
    guard k == v, q[0] == k[0], q[2] == k[2] else {
      throw ShapeError("attention: shapes do not fit: queries \(q), keys \(k), values \(v)")
    }
    guard heads >= 1, q[2] % heads == 0 else {
      throw ShapeError("attention: \(q[2]) features cannot be split into \(heads) heads")
    }
    guard k[1] >= 1 else { throw ShapeError("attention: there are no keys: \(k)") }
  }

  /// The shape of `applyAttention(p, v, heads:)`: `p [B, heads, Tq, Tk]`, `v [B, Tk, D]` → `[B, Tq, D]`.
  package static func applyAttention(_ p: Shape, _ v: Shape, heads: Int) throws -> Shape {
    guard p.rank == 4, v.rank == 3, p[0] == v[0], p[1] == heads, p[3] == v[1], v[2] % max(heads, 1) == 0 else {
      throw ShapeError(
        "attention: probabilities are \(p) and values \(v), expected [B, \(heads), Tq, Tk] and [B, Tk, D]")
    }
    return [p[0], p[2], v[2]]
  }

  /// The shape of `resized(x, height:, width:)`: `[N, C, H, W]` → `[N, C, height, width]`.
  package static func resized(_ x: Shape, height: Int, width: Int) throws -> Shape {
    guard x.rank == 4, x[2] > 0, x[3] > 0 else { throw ShapeError("resize: the input is \(x), expected [N, C, H, W]") }
    guard height > 0, width > 0 else {
      throw ShapeError("resize: the size is \(width)×\(height), both sides must be at least 1")
    }
    return [x[0], x[1], height, width]
  }

  /// The shape of `embedding(ids:, table:)`: ids in `0 ..< V`, `table [V, D]`.
  package static func embedding(ids: [Int], table: Shape) throws {
    guard table.rank == 2 else { throw ShapeError("embedding: the table is \(table), expected [rows, features]") }
    if let id = ids.first(where: { $0 < 0 || $0 >= table[0] }) {
      throw ShapeError("embedding: id \(id) is outside of a table of \(table[0]) rows")
    }
  }
}
