import LimnRuntime
import LimnTensor

/// Derivatives of functions of the language, through everything they call.
enum GradientNatives {
  static let all: [Native] = [
    Native("gradient(of: function, at: any)", doc: "The gradient of a function whose value is one number, at a tensor or a list of tensors.") { call in
      try differentiate(call, "gradient").gradients
    },
    Native("value_and_gradient(of: function, at: any)", doc: "[value, gradient] of a function whose value is one number, at a tensor or a list of tensors.") { call in
      let (value, gradients) = try differentiate(call, "value_and_gradient")
      return call.make([value, gradients])
    },
  ]

  private static func differentiate(_ call: NativeCall, _ name: String) throws -> (value: Value, gradients: Value) {
    let function = try call.function("of")
    let isList = call["at"].list != nil
    let inputs = try (isList ? call.list("at") : [call["at"]]).map { item in
      guard let tensor = NativeCall.tensor(item), tensor.dtype.isFloat else { throw call.mismatch("at", "a float tensor or a list of them") }
      return tensor
    }
    let (value, gradients) = try valueAndGradient(at: inputs) { watched in
      let arguments = watched.map { call.make($0) }
      let result = try call.drawingScope.inside(name) { try call.invoke(function, isList ? [call.make(arguments)] : arguments) }
      guard let loss = NativeCall.tensor(result), loss.count == 1, !(result.host is ImageValue) else {
        throw call.fault(.type, "the function must give one number, found \(call.brief(result))", at: "of", help: "mean(…) or sum(…)")
      }
      return loss
    }
    let values = gradients.map { call.make($0) }
    return (call.make(value.reshaped([Int]())), isList ? call.make(values) : values[0])
  }
}
