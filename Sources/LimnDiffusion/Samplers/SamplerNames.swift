import LimnNN

/// The names people know samplers by: diffusers' classes, A1111's ("DPM++ 2M Karras") and stable-diffusion.cpp's ("dpm++2m").
package enum SamplerNames {
  /// A sampler as it was asked for: a class, and the settings its name itself implies.
  struct Request {
    let family: SamplerFamily
    let overrides: [(key: String, value: JSON)]
  }

  /// The canonical names, one for each sampler and schedule.
  package static let canonical: [String] = [
    "ddim", "ddpm", "pndm", "lms", "lms karras", "euler", "euler karras", "euler a", "heun", "heun karras", "dpm2 a",
    "dpm2 a karras", "dpm++ 2m", "dpm++ 2m karras", "dpm++ 2m sde", "dpm++ 2m sde karras", "unipc", "unipc karras", "lcm",
  ]

  /// Other spellings, with case, spaces, '_' and '-' already gone.
  private static let spellings: [String: (SamplerFamily, [(String, JSON)])] = {
    let plms: [(String, JSON)] = [("skip_prk_steps", true)]
    let ode: [(String, JSON)] = [("algorithm_type", "dpmsolver++")]
    let sde: [(String, JSON)] = [("algorithm_type", "sde-dpmsolver++")]
    var all: [String: (SamplerFamily, [(String, JSON)])] = [
      "ddim": (.ddim, []), "ddimtrailing": (.ddim, [("timestep_spacing", "trailing")]), "ddpm": (.ddpm, []),
      "pndm": (.pndm, plms), "plms": (.pndm, plms), "lms": (.lms, []), "klms": (.lms, []),
      "euler": (.euler, []), "keuler": (.euler, []),
      "eulera": (.eulerAncestral, []), "keulera": (.eulerAncestral, []), "eulerancestral": (.eulerAncestral, []),
      "heun": (.heun, []), "kheun": (.heun, []),
      "dpm2a": (.dpm2Ancestral, []), "kdpm2a": (.dpm2Ancestral, []), "dpm2ancestral": (.dpm2Ancestral, []),
      "dpm++2m": (.dpmSolver, ode), "kdpm++2m": (.dpmSolver, ode), "dpmpp2m": (.dpmSolver, ode),
      "dpm++2msde": (.dpmSolver, sde), "kdpm++2msde": (.dpmSolver, sde), "dpmpp2msde": (.dpmSolver, sde),
      "unipc": (.uniPC, []), "lcm": (.lcm, []),
    ]
    for family in SamplerFamily.allCases { all[folded(family.rawValue)] = (family, []) }
    return all
  }()

  private static func folded(_ name: String) -> String {
    name.lowercased().filter { $0 != " " && $0 != "_" && $0 != "-" }
  }

  /// The sampler that `name` means.
  ///
  /// - Throws: ``SamplerError`` with the nearest name.
  static func request(_ name: String) throws -> Request {
    var short = folded(name)
    var overrides: [(String, JSON)] = []
    let asksKarras = short.hasSuffix("karras")
    if asksKarras {
      short.removeLast("karras".count)
      overrides.append(("use_karras_sigmas", true))
    }
    guard let (family, implied) = spellings[short] else {
      let nearest = nearestName(to: name, in: canonical)
      let help = nearest.map { "; did you mean '\($0)'?" } ?? "; known: " + canonical.joined(separator: ", ")
      throw SamplerError("unknown sampler '\(name)'" + help)
    }
    if asksKarras && !family.hasKarras {
      throw SamplerError("sampler '\(family.shortName)' has no Karras schedule, found '\(name)'; use '\(family.shortName)'")
    }
    return Request(family: family, overrides: overrides + implied)
  }

  /// The family of a class name as files write it.
  ///
  /// - Throws: ``SamplerError`` with the nearest class.
  static func family(ofClass name: String) throws -> SamplerFamily {
    // The singlestep and flow classes, DEIS and others share files with these; none is computed here.
    if let family = SamplerFamily(rawValue: name) { return family }
    let nearest = nearestName(to: name, in: SamplerFamily.allCases.map(\.rawValue))
    throw SamplerError(
      "unknown scheduler class '\(name)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "; give a sampler, for example 'ddim'"))
  }

  /// The canonical name of what `settings` make.
  static func canonicalName(_ settings: SamplerSettings) -> String {
    settings.family.shortName
      + (settings.family == .dpmSolver && settings.isStochastic ? " sde" : "") + (settings.karras ? " karras" : "")
  }
}
