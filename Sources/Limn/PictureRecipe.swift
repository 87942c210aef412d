import LimnBindings
import LimnImage

/// The script inside a PNG that Limn saved: its text, with the settings and the files it was run with.
///
/// Its comment lines say how it was run: seed, settings, files read with their hashes. It comes from whoever made the picture: show it before it runs.
public struct PictureRecipe: Sendable {
  /// A file the script read, as it named it.
  public struct Input: Sendable, Equatable {
    public let path: String
    /// SHA-256 of its bytes, in hexadecimal; nil when it was not known.
    public let hash: String?
  }

  /// The whole text, comment lines included.
  public let source: String
  public let seed: Int
  public let settings: [(name: String, value: String)]
  public let inputs: [Input]
  /// The version of Limn that saved the picture; nil if it does not say.
  public let version: String?
  /// The picture as it was saved.
  public let picture: Picture

  /// Reads the recipe of a PNG.
  ///
  /// - Throws: ``LimnProblem`` when the file cannot be read, is no PNG, or has no recipe.
  public init(path: String) throws {
    let texts: [PNG.Text]
    let picture: Picture
    do {
      let bytes = try PictureFile.read(path)
      texts = try PNG.texts(in: bytes, name: path)
      picture = Picture(try PNG.decode(bytes, name: path))
    } catch { throw LimnProblem("\(error)", kind: .io) }
    guard let recipe = texts.first(where: { $0.keyword == PNG.Text.recipeKeyword })?.value else {
      let other = texts.contains { $0.keyword == PNG.Text.parametersKeyword }
      throw LimnProblem(
        "'\(path)' carries no Limn script" + (other ? ", only the parameters of a generation" : ""), kind: .value,
        help: other ? "image(\"\(path)\").parameters shows them" : nil)
    }
    self.init(source: recipe, picture: picture)
  }

  init(source: String, picture: Picture) {
    self.source = source
    self.picture = picture
    let header = Recipe.Header(of: source)
    (version, seed) = (header.version, header.seed)
    settings = header.settings.map { ($0.name, $0.value) }
    inputs = header.reads.map { Input(path: $0.path, hash: $0.hash) }
  }

  /// The inputs that are not there any more, or not the same: what a new run would not see as the first one did.
  public func changedInputs(folder: String?) -> [(input: Input, found: String?)] {
    inputs.compactMap { input in
      let path = input.path.hasPrefix("/") || folder == nil ? input.path : "\(folder!)/\(input.path)"
      let found = FileHash.sha256(path)
      return found != nil && (input.hash == nil || found == input.hash) ? nil : (input, found)
    }
  }
}
