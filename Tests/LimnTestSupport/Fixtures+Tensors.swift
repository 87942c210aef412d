import LimnNN
import LimnTensor

extension Fixtures {
  /// All arrays of `<name>.safetensors`, in their own element types.
  package static func tensors(_ name: String) throws -> [String: Tensor] {
    let file = try SafetensorsFile(path: path("\(name).safetensors"), name: "\(name).safetensors")
    return try Dictionary(uniqueKeysWithValues: file.keys.map { ($0, try file.tensor($0)) })
  }

  /// One array of `<name>.safetensors`.
  package static func tensor(_ name: String, _ key: String) throws -> Tensor {
    try SafetensorsFile(path: path("\(name).safetensors"), name: "\(name).safetensors").tensor(key)
  }
}
