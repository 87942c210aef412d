import Glibc
import LimnTerminal

// A file a subcommand; this one only finds it.
let arguments = Array(CommandLine.arguments.dropFirst())
exit(Command.run(arguments))
