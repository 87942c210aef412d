import LimnSyntax

/// The nearest of some words to one that is none of them, near enough to be meant; nil if there is none.
public func suggestion(for word: String, among words: [String]) -> String? { nearest(to: word, in: words.sorted()) }
