import LimnDiffusion
import LimnRuntime

/// Which layers learn through low-rank matrices beside them: an item of `params:`.
package final class LowRankValue: HostObject {
  let plan: LowRankPlan
  init(_ plan: LowRankPlan) { self.plan = plan }

  package var typeName: String { "lora" }
  package func isEqual(to other: any HostObject) -> Bool { (other as? LowRankValue)?.plan == plan }
  package func description(_ context: Context) -> String {
    let targets = plan.targets == LowRankPlan.attention ? "" : ", targets: [\(plan.targets.map { "\"\($0)\"" }.joined(separator: ", "))]"
    let name = plan.name == "lora" ? "" : ", name: \"\(plan.name)\""
    return "lora(rank: \(plan.rank), alpha: \(TensorText.short(plan.alpha))\(targets)\(name))"
  }
  package var memberNames: [String] { ["rank", "alpha", "targets", "name"] }
  package func member(_ name: String, _ context: Context) throws -> Value? {
    switch name {
    case "rank": .int(plan.rank)
    case "alpha": .float(plan.alpha)
    case "targets": context.make(plan.targets)
    case "name": context.make(plan.name)
    default: nil
    }
  }

  static let natives: [Native] = [
    Native(
      "lora(rank: int = 4, alpha: float = nil, targets: list = nil, name: string = \"lora\")",
      doc: "Low-rank matrices to learn beside layers of a model, W' = W + alpha / rank · up · down (Hu et al. 2021): an item of `params:`. `targets:` are ends of layers' paths, without it the UNet's attention (\"to_q\", \"to_k\", \"to_v\", \"to_out.0\"); \"q_proj\" and the like are the text encoder's. A model's adapter of this name is learned further."
    ) { call in
      let rank = try call.int("rank", in: 1...1024)
      let name = try call.string("name")
      guard !name.isEmpty, !name.contains("/") else { throw call.fault(.value, "an adapter's name has letters and no '/', found '\(name)'", at: "name") }
      let targets = call.has("targets") ? try call.strings("targets") : LowRankPlan.attention
      guard !targets.isEmpty else { throw call.fault(.value, "'targets' is empty, expected ends of layers' paths", at: "targets", help: "[\"to_k\", \"to_v\"]") }
      let alpha = try call.optionalFloat("alpha")
      if let alpha, !(alpha > 0 && alpha.isFinite) { throw call.fault(.value, "'alpha' is \(alpha), expected more than 0", at: "alpha") }
      return call.make(LowRankValue(LowRankPlan(rank: rank, alpha: alpha, targets: targets, name: name)))
    }
  ]
}
