import LimnBindings

/// What this build calls itself, as in `limn --version` and in the pictures it saves.
public var version: String { Version.text }
