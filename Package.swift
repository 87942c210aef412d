// swift-tools-version: 6.2
// Targets stand in dependency order; scripts/check proves that nothing imports upwards.
import PackageDescription

let package = Package(
  name: "limn",
  products: [
    .library(name: "Limn", targets: ["Limn"]),
    .executable(name: "limn", targets: ["limn"]),
    .executable(name: "limn-bench", targets: ["limn-bench"]),
  ],
  targets: [
    // The language: knows nothing of tensors.
    .target(name: "LimnSyntax"),
    .target(name: "LimnRuntime", dependencies: ["LimnSyntax"]),

    // Numbers and pictures: know nothing of the language.
    .target(name: "CLimnKernels", exclude: ["README.md"], linkerSettings: [.linkedLibrary("m"), .linkedLibrary("dl"), .linkedLibrary("pthread")]),
    .target(name: "LimnTensor", dependencies: ["CLimnKernels"]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .target(name: "CLimnPNG", dependencies: ["CPNG"], linkerSettings: [.linkedLibrary("z")]),
    .target(name: "CLimnJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    .target(name: "LimnImage", dependencies: ["LimnTensor", "CLimnPNG", "CLimnJPEG"]),

    // Diffusion models, and the one that comes inside the binary.
    .target(name: "LimnNN", dependencies: ["LimnTensor"]),
    .target(name: "CLimnData", exclude: ["sticker", "sticker-clip", "sticker-detector", "sticker-pose", "sticker-reward", "sticker-segmenter", "sticker-world", "clip-tokenizer", "README.md"]),
    .target(name: "LimnDiffusion", dependencies: ["LimnNN", "LimnImage", "CLimnData"]),

    // Where the two meet, and what people use.
    .target(name: "LimnBindings", dependencies: ["LimnRuntime", "LimnDiffusion"]),
    .target(name: "CLimnLibrary"),
    .target(name: "Limn", dependencies: ["LimnBindings", "CLimnLibrary"]),
    .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),
    .target(name: "LimnTerminal", dependencies: ["Limn", "LimnImage", "CReadline"]),
    .executableTarget(name: "limn", dependencies: ["LimnTerminal"]),
    .executableTarget(name: "limn-bench", dependencies: ["Limn"]),
    .executableTarget(name: "limn-embedding-example", dependencies: ["Limn"], path: "docs/examples/embedding"),

    .target(name: "LimnTestSupport", dependencies: ["LimnDiffusion", "LimnRuntime"], path: "Tests/LimnTestSupport"),
    .testTarget(name: "LimnSyntaxTests", dependencies: ["LimnSyntax", "LimnTestSupport"]),
    .testTarget(name: "LimnRuntimeTests", dependencies: ["LimnRuntime", "LimnTestSupport"]),
    .testTarget(name: "LimnTensorTests", dependencies: ["LimnTensor", "CLimnKernels", "LimnTestSupport"]),
    .testTarget(name: "LimnImageTests", dependencies: ["LimnImage", "LimnTestSupport"]),
    .testTarget(name: "LimnNNTests", dependencies: ["LimnNN", "LimnTestSupport"]),
    .testTarget(name: "LimnDiffusionTests", dependencies: ["LimnDiffusion", "CLimnKernels", "LimnTestSupport"]),
    .testTarget(name: "LimnTests", dependencies: ["Limn", "LimnTensor", "LimnTestSupport", "limn-embedding-example"]),
    .testTarget(name: "LimnCommandTests", dependencies: ["limn"]),
    .testTarget(name: "LimnTerminalTests", dependencies: ["LimnTerminal", "LimnTestSupport"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17
)
