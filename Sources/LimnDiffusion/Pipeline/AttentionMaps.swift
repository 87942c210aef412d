import LimnTensor

/// Where words looked, asked for by word. A value; a run's maps are means over the evaluations so far.
package struct AttentionMaps: Sendable {
  package internal(set) var record: AttentionRecord
  package let capture: Capture
  /// The prompts of the conditional rows and of the unconditional ones.
  let prompts: [TokenizedPrompt]
  let negatives: [TokenizedPrompt]
  /// The size of the latent.
  let height: Int
  let width: Int
  /// The record's number of the first of `prompts`.
  var firstPicture = 0

  /// Where a mean is taken over.
  package struct Selection: Sendable {
    /// Which picture of the batch, from 0.
    package var picture = 0
    package var role = GuidanceRole.conditional
    /// Only layers whose longer side has this many cells; the map keeps that size.
    package var size: Int?
    package var blocks: Set<AttentionLayer.Block>?
    /// Only the layer of this name.
    package var layer: String?
    /// One evaluation by itself, from 0, where those are kept.
    package var step: Int?

    package init(size: Int? = nil, blocks: Set<AttentionLayer.Block>? = nil, step: Int? = nil) {
      (self.size, self.blocks, self.step) = (size, blocks, step)
    }
  }

  /// The keys that can be asked for: those captured, or all words.
  package var keys: [CaptureKey] {
    guard capture.allWords, let prompt = prompts.first else { return capture.keys }
    var seen = Set<String>()
    return capture.keys + prompt.words.filter { seen.insert($0).inserted }.map { .phrase($0) }
  }

  /// The mean map of `key` over its positions, the heads, the selected layers and the evaluations.
  ///
  /// - Shape: `[h, w]` of the latent, or of the layers when the selection names a size or layer.
  /// - Units: probability, 0…1.
  /// - Throws: ``PromptError`` if the words do not occur; ``PipelineError`` if they were not captured; ``ShapeError`` if
  ///   nothing captured fits the selection.
  /// - Gradient: in what the evaluation was traced in.
  package func mean(_ key: CaptureKey, _ selection: Selection = Selection()) throws -> Tensor {
    let rows = selection.role == .conditional ? prompts : negatives
    guard rows.indices.contains(selection.picture) else {
      throw PipelineError("maps: there is no picture \(selection.picture), expected 0 to \(rows.count - 1)")
    }
    var query = AttentionQuery(try key.positions(in: rows[selection.picture]))
    query.picture = firstPicture + selection.picture
    query.role = selection.role
    query.size = selection.size
    query.blocks = selection.blocks
    query.layer = selection.layer
    let kept = record.rows.first { $0.picture == query.picture && $0.role == selection.role }?.positions ?? []
    guard query.positions.allSatisfy(kept.contains) else {
      throw PipelineError("maps: \(key) was not captured, captured: \(keys.map(\.description).joined(separator: ", ")); name it in capture:")
    }
    return try chosenRecord(selection.step).map(query, height: height, width: width)
  }

  private func chosenRecord(_ step: Int?) throws -> AttentionRecord {
    guard let step else { return record }
    guard capture.keepsSteps else {
      throw PipelineError("maps: step \(step) was not kept by itself, found only the mean; capture with the steps kept")
    }
    guard record.steps.indices.contains(step) else {
      throw PipelineError("maps: there is no step \(step), expected 0 to \(record.steps.count - 1)")
    }
    return record.steps[step]
  }

  /// One picture's maps by themselves, as row 0.
  package subscript(picture: Int) -> AttentionMaps {
    AttentionMaps(
      record: record, capture: capture, prompts: [prompts[picture]],
      negatives: negatives.isEmpty ? [] : [negatives[picture]], height: height, width: width,
      firstPicture: firstPicture + picture)
  }
}
