/// What a run's loss is called, so that the page fits every objective.
struct ReportWording: Hashable, Sendable {
    /// Short: stands above columns.
    var loss = "−ELBO"
    /// Of the loss and its two terms.
    var unit = "nats per image"
    /// A sentence or two at the foot of the page.
    var explanation = """
        −ELBO = reconstruction + KL, in nats per image: −ln p(x|z) summed over pixels, and the divergence of q(z|x) from \
        the prior.
        """
}
