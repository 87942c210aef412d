/// How a number 0…1 becomes a colour.
package enum Colormap: String, CaseIterable, Sendable {
  /// Black, violet, red, orange, pale yellow: lightness rises evenly, so it reads in gray and without colour vision too.
  /// A sixth-degree fit (Matt Zucker's, public domain) to matplotlib's map of that name (Smith and van der Walt, CC0).
  case inferno
  /// Blue, green, yellow, red: more steps to tell apart. Anton Mikhailov's published polynomial (Google, 2019).
  case turbo
  case gray

  /// The colour of a value, which is first brought into 0…1 (not a number counts as 0).
  package func color(_ value: Float) -> Color {
    let t = value > 0 ? min(value, 1) : 0
    switch self {
    case .gray: return Color(t, t, t)
    case .inferno: return Colormap.polynomial(Colormap.infernoTerms, t)
    case .turbo: return Colormap.polynomial(Colormap.turboTerms, t)
    }
  }

  private static func polynomial(_ terms: [(Float, Float, Float)], _ t: Float) -> Color {
    let sum = terms.reversed().reduce((Float(0), Float(0), Float(0))) {
      ($0.0 * t + $1.0, $0.1 * t + $1.1, $0.2 * t + $1.2)
    }
    return Color(min(max(sum.0, 0), 1), min(max(sum.1, 0), 1), min(max(sum.2, 0), 1))
  }

  // Coefficients of t⁰, t¹, … for red, green, blue.
  private static let infernoTerms: [(Float, Float, Float)] = [
    (0.00021894, 0.001651, -0.01948090), (0.10651342, 0.56395644, 3.93271239), (11.60249308, -3.97285397, -15.94239411),
    (-41.70399613, 17.43639888, 44.35414520), (77.16293570, -33.40235894, -81.80730926),
    (-71.31942824, 32.62606426, 73.20951986), (25.13112622, -12.24266895, -23.07032500),
  ]
  private static let turboTerms: [(Float, Float, Float)] = [
    (0.13572138, 0.09140261, 0.10667330), (4.61539260, 2.19418839, 12.64194608), (-42.66032258, 4.84296658, -60.58204836),
    (132.13108234, -14.18503333, 110.36276771), (-152.94239396, 4.27729857, -89.90310912), (59.28637943, 2.82956604, 27.34824973),
  ]
}
