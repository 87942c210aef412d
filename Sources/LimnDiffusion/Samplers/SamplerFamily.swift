/// A scheduler class of diffusers.
package enum SamplerFamily: String, Sendable, CaseIterable {
  case ddim = "DDIMScheduler"
  case ddpm = "DDPMScheduler"
  case pndm = "PNDMScheduler"
  case lms = "LMSDiscreteScheduler"
  case euler = "EulerDiscreteScheduler"
  case eulerAncestral = "EulerAncestralDiscreteScheduler"
  case heun = "HeunDiscreteScheduler"
  case dpm2Ancestral = "KDPM2AncestralDiscreteScheduler"
  case dpmSolver = "DPMSolverMultistepScheduler"
  case uniPC = "UniPCMultistepScheduler"
  case lcm = "LCMScheduler"

  /// Whether the class has `use_karras_sigmas`.
  package var hasKarras: Bool {
    switch self {
    case .lms, .euler, .heun, .dpm2Ancestral, .dpmSolver, .uniPC: true
    case .ddim, .ddpm, .pndm, .eulerAncestral, .lcm: false
    }
  }

  /// Whether the sampler's own latent is variance exploding: x = z0 + s·ε with s = σ/α.
  package var isExploding: Bool {
    switch self {
    case .lms, .euler, .eulerAncestral, .heun, .dpm2Ancestral: true
    case .ddim, .ddpm, .pndm, .dpmSolver, .uniPC, .lcm: false
    }
  }

  /// Whether one step depends on nothing but the latent and the prediction of that step.
  package var isMemoryless: Bool {
    switch self {
    case .ddim, .ddpm, .euler, .eulerAncestral, .lcm: true
    case .pndm, .lms, .heun, .dpm2Ancestral, .dpmSolver, .uniPC: false
    }
  }

  /// The short name people type, without schedule.
  package var shortName: String {
    switch self {
    case .ddim: "ddim"
    case .ddpm: "ddpm"
    case .pndm: "pndm"
    case .lms: "lms"
    case .euler: "euler"
    case .eulerAncestral: "euler a"
    case .heun: "heun"
    case .dpm2Ancestral: "dpm2 a"
    case .dpmSolver: "dpm++ 2m"
    case .uniPC: "unipc"
    case .lcm: "lcm"
    }
  }
}
