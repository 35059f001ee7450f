/// A measure of how unusual an image is to a model: the larger its cost, the more unusual the image.
public enum ImageScore: String, CaseIterable, Hashable, Sendable {
    /// −ELBO above the least that any decoder could reach for these pixels: Σ KL(x‖p(x|z)) + KL(q‖p) for grey values as
    /// probabilities, squared error over 2σ² + KL(q‖p) for normal ones. Without what the pixels cost by themselves, which
    /// makes smooth images likelier than those learned from (Nalisnick et al. 2019, arXiv 1810.09136).
    case excess
    /// −ELBO, in nats.
    case elbo
    /// −L_k, the importance-weighted bound (Burda et al. 2016), in nats; with samples only.
    case bound
    /// −ln p(x|z), in nats; with samples its mean over them (An & Cho 2015, "reconstruction probability").
    case reconstruction
    /// KL(q‖p), in nats.
    case kl
    /// −ELBO in bits, minus the bits of the image as PNG (Serrà et al. 2020, arXiv 1909.11480).
    case corrected
    /// How far −ELBO is from its mean over held-out images, in nats (Nalisnick et al. 2019, arXiv 1906.02994).
    case typicality
    /// Mahalanobis distance of μ from the mean of the aggregate posterior.
    case mahalanobis
    /// −ln of the mixture's density at μ.
    case mixture

    /// Whether it depends on the code's draws, where there are any, and not on q(z|x) alone.
    public var dependsOnDraws: Bool {
        switch self {
        case .kl, .mahalanobis, .mixture: false
        case .excess, .elbo, .bound, .reconstruction, .corrected, .typicality: true
        }
    }
}
