import Foundation
import Testing

@Suite struct DocCommandTests {
  static let source = """
    /// Colours & light.

    /// A tint, lighter by `by`.
    ///
    ///     lighter(0.25)     // => 0.5
    ///
    /// - by: how much, 0…1
    func lighter(x: float, by = 0.25) { x + by }

    func _hidden() { 1 }

    /// What is brightest.
    let white = 1.0
    """

  @Test func declarationsBecomeMarkdown() throws {
    let limn = try CommandRunner()
    try limn.write("tint.limn", Self.source)
    let result = try limn("doc", "tint.limn")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output == """
      # Reference

      ## tint

      Colours & light.

      ### `lighter`

      ```text
      lighter(x: float, by = 0.25)
      ```

      A tint, lighter by `by`.

          lighter(0.25)     // => 0.5

      - by: how much, 0…1

      ### `white`

      ```text
      white
      ```

      What is brightest.


      """)
  }

  @Test func theHTMLPageStandsAlone() throws {
    let limn = try CommandRunner()
    try limn.write("tint.limn", Self.source)
    #expect(try limn("doc", "tint.limn", "--html", "--out", "tint.html").code == 0)
    let page = try #require(limn.read("tint.html"))
    #expect(page.contains("<article id=\"tint.lighter\">"))
    #expect(page.contains("<p>Colours &amp; light.</p>"))
    #expect(page.contains("<code>by</code>"))
    #expect(page.contains("<pre>lighter(0.25)     // =&gt; 0.5\n</pre>"))
    #expect(!page.contains("http"))
    #expect(!page.contains("_hidden"))
  }

  @Test func examplesAreRun() throws {
    let limn = try CommandRunner()
    try limn.write("tint.limn", Self.source.replacingOccurrences(of: "=> 0.5", with: "=> 0.75"))
    let result = try limn("doc", "tint.limn")
    #expect(result.code == 1)
    #expect(result.errors.contains("the value is 0.5, the example says 0.75"))
    #expect(try limn("doc", "tint.limn", "--no-examples").code == 0)
  }

  @Test func everythingBuiltInHasAReference() throws {
    let result = try CommandRunner()("doc", "--no-examples")
    for part in ["## sampling", "### `sample`", "## attention", "## sequences", "### `group_by`", "## lists"] { #expect(result.output.contains(part)) }
  }
}
