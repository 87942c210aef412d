import LimnTensor
import Synchronization

/// One array of a checkpoint: what the file holds, and what has been made of it for computing.
///
/// Layers share weights by reference, so a model that was trained shares every weight it did not change with the model
/// it came from. The widened and packed forms are made at first use and kept.
package final class Weight: Sendable {
  /// The name under which the checkpoint holds it, in diffusers spelling.
  package let key: String
  package let shape: Shape
  package let dtype: DType
  private let stored: Tensor?
  /// Lets go of the pages of the file that ``source`` covers; they are read again when next touched.
  let giveBack: (@Sendable () -> Void)?
  private let made = Mutex(Made())

  private struct Made {
    var f32: Tensor?
    var packs: [PackKey: any Sendable] = [:]
  }

  private struct PackKey: Hashable {
    let type: ObjectIdentifier
    let precision: Precision
  }

  /// - Parameter source: The array in the element type of the file, often a view on its mapping.
  /// - Parameter giveBack: Lets go of the pages of the file that the source covers; called once a packed or widened
  ///   form stands in for it.
  package init(key: String, source: Tensor, giveBack: (@Sendable () -> Void)? = nil) {
    self.key = key
    self.giveBack = giveBack
    stored = source
    shape = source.shape
    dtype = source.dtype
  }

  /// A stand-in for a key the checkpoint lacks. Nothing may read it: ``WeightReader/finish()`` throws first.
  init(missing key: String, shape: Shape) {
    self.key = key
    self.shape = shape
    dtype = .f32
    stored = nil
    giveBack = nil
  }

  /// The array as the file holds it.
  package var source: Tensor {
    guard let stored else { preconditionFailure("weight '\(key)' is missing; WeightReader.finish() was not called") }
    return stored
  }

  /// The array widened to f32, made once.
  package var f32: Tensor {
    let source = source
    if dtype == .f32 { return source }
    return made.withLock { made in
      if let tensor = made.f32 { return tensor }
      let tensor = source.converted(to: .f32)
      made.f32 = tensor
      giveBack?()
      return tensor
    }
  }

  /// A form of this weight laid out for one kernel, made at first use from ``source`` and kept.
  package func pack<Pack: Sendable>(_ type: Pack.Type, _ precision: Precision = .f32, make: (Tensor) -> Pack) -> Pack {
    let source = source
    let key = PackKey(type: ObjectIdentifier(type), precision: precision)
    return made.withLock { made in
      if let pack = made.packs[key] as? Pack { return pack }
      let pack = make(source)
      made.packs[key] = pack
      giveBack?()
      return pack
    }
  }

  /// Lets go of the widened and packed forms; they are made again when next asked for.
  package func dropMadeForms() { made.withLock { $0 = Made() } }
}

/// What a layer holds: a weight, and while it is being trained or differentiated the traced tensor that stands for it.
package struct Parameter: Sendable {
  package let weight: Weight
  package var traced: Tensor?
  /// What linear layers and convolutions add beside it, in this order.
  package var adapters: [LowRank]

  package init(_ weight: Weight, traced: Tensor? = nil, adapters: [LowRank] = []) {
    self.weight = weight
    self.traced = traced
    self.adapters = adapters
  }

  /// The f32 values to compute with.
  package var tensor: Tensor { traced ?? weight.f32 }

  package var shape: Shape { weight.shape }

  /// Whether a gradient is asked of anything in it.
  package var isTraced: Bool { traced != nil || adapters.contains { $0.down.isTraced || $0.up.isTraced } }

  /// One tensor that does what weight and adapters do together, f32.
  package var merged: Tensor { adapters.reduce(tensor) { $0 + $1.delta(like: shape) } }
}
