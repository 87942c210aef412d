import LimnDiffusion
import LimnRuntime
import LimnTensor

/// Encoded prompts.
package final class ConditionValue: HostObject {
  package let condition: Condition
  package init(_ condition: Condition) { self.condition = condition }

  package var typeName: String { "condition" }
  package func description(_ context: Context) -> String {
    "condition \(condition.tensor.shape) of \(condition.prompts.map { "\"\($0.text)\"" }.joined(separator: ", "))"
  }
  package var shape: [Int]? { condition.tensor.shape.dims }
  package static let fields = ["tensor", "words"]
  package var memberNames: [String] { Self.fields }
  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "tensor": context.make(condition.tensor)
    case "words": context.make(condition.prompts[0].words.map { context.make(outside: $0) })
    default: nil
    }
  }
  package var itemCount: Int? { condition.count }
  package func item(_ index: Int, _ context: Context) throws -> Value { context.make(ConditionValue(condition[index])) }
  package func element(at index: [IndexItem], _ context: Context) throws -> Value? {
    context.make(ConditionValue(condition[try RowIndex.row(index, count: condition.count, of: "condition")]))
  }
}

/// What a model says about a latent: `eps`, `x0` and `v` are one prediction in three forms, `raw` the model's own.
package final class PredictionValue: HostObject {
  package let prediction: Prediction
  package init(_ prediction: Prediction) { self.prediction = prediction }

  package var typeName: String { "prediction" }
  package func description(_ context: Context) -> String { "prediction \(prediction.raw.shape)" }
  package static let fields = ["eps", "x0", "v", "raw", "maps"]
  package var memberNames: [String] { Self.fields }
  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "eps": context.make(prediction.eps)
    case "x0": context.make(prediction.x0)
    case "v": context.make(prediction.v)
    case "raw": context.make(prediction.raw)
    case "maps": try MapsValue.value(prediction.maps, context)
    default: nil
    }
  }
  package var itemCount: Int? { prediction.timesteps.count }
  package func item(_ index: Int, _ context: Context) throws -> Value { context.make(PredictionValue(prediction[index])) }
  package func element(at index: [IndexItem], _ context: Context) throws -> Value? {
    context.make(PredictionValue(prediction[try RowIndex.row(index, count: prediction.timesteps.count, of: "prediction")]))
  }
}

/// One row of a batch by its number.
enum RowIndex {
  static func row(_ index: [IndexItem], count: Int, of what: String) throws -> Int {
    guard index.count == 1, case .at(let value) = index[0], case .int(let row)? = value.number else {
      throw Fault(.index, "a \(what) is indexed by one int, the row")
    }
    let found = row < 0 ? row + count : row
    guard (0..<count).contains(found) else { throw Fault(.index, "row \(row) is outside the \(what), which has \(count)") }
    return found
  }
}
