import LimnNN
import LimnTensor
import Testing

@Suite struct ScheduleTests {
  private func rates(_ schedule: Schedule, _ count: Int, total: Int? = nil) -> [Double] { (0..<count).map { schedule.rate(2, done: $0, total: total) } }

  /// diffusers' get_cosine_schedule_with_warmup(num_warmup_steps=2, num_training_steps=6): 0, ½, then ½(1 + cos πp) for p = 0, ¼, ½, ¾.
  @Test func formsAreThoseOfDiffusers() {
    #expect(rates(Schedule(.constant, warmup: 2), 4) == [0, 1, 2, 2])
    #expect(rates(Schedule(.linear, warmup: 2), 6, total: 6) == [0, 1, 2, 1.5, 1, 0.5])
    let cosine = rates(Schedule(.cosine, warmup: 2, length: 6), 7)
    for (found, expected) in zip(cosine, [0, 1, 2, 1.7071067811865475, 1, 0.2928932188134524, 0]) { #expect(abs(found - expected) < 1e-12) }
  }

  @Test func piecesAreReadAndKept() {
    let pieces = Schedule.pieces("0.005:100, 1e-3:1000,5e-4")
    #expect(pieces == [.init(rate: 0.005, last: 100), .init(rate: 1e-3, last: 1000), .init(rate: 5e-4, last: .max)])
    let schedule = Schedule(pieces: [.init(rate: 3, last: 2), .init(rate: 1, last: 3)])
    #expect(rates(schedule, 5) == [3, 3, 1, 1, 1])
  }

  @Test(arguments: ["", "a", "1:2:3", "1:5,2:5", "1,2", "-1:3", "1:0", "nan:3", "1:5,", "inf"])
  func whatIsNoListOfRatesIsRefused(_ text: String) { #expect(Schedule.pieces(text) == nil) }
}
