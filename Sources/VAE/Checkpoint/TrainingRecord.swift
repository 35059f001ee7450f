/// How a checkpoint came about: what a model card shows. Everything is optional, since files from elsewhere know less.
public struct TrainingRecord: Hashable, Sendable, Codable {
    /// Mean over a data set, in nats per image.
    public struct Terms: Hashable, Sendable, Codable {
        /// −ELBO = reconstruction + kl.
        public var loss: Double
        /// −E ln p(x|z).
        public var reconstruction: Double
        /// KL(q‖p).
        public var kl: Double

        /// Sums the two terms.
        public init(reconstruction: Double, kl: Double) {
            loss = reconstruction + kl
            self.reconstruction = reconstruction
            self.kl = kl
        }
    }

    /// Which interactions counted, and which users were held out. Whoever ranks with other numbers asks a model about
    /// users it has learned from.
    public struct Interactions: Hashable, Sendable, Codable {
        /// Ratings above it counted.
        public var ratingAbove: Double
        /// Users with fewer items were dropped.
        public var minimumItems: Int
        /// Users held out for validation, and as many again for the test; nil for a tenth of all, at most 10 000.
        public var heldOutUsers: Int?
        /// Determined who was held out.
        public var splitSeed: UInt64

        private enum CodingKeys: String, CodingKey {
            case ratingAbove = "rating_above"
            case minimumItems = "minimum_items"
            case heldOutUsers = "held_out_users"
            case splitSeed = "split_seed"
        }

        /// States all four.
        public init(ratingAbove: Double, minimumItems: Int, heldOutUsers: Int?, splitSeed: UInt64) {
            self.ratingAbove = ratingAbove
            self.minimumItems = minimumItems
            self.heldOutUsers = heldOutUsers
            self.splitSeed = splitSeed
        }
    }

    /// Which weights of a run these are, where they were chosen by validation examples.
    public struct Kept: Hashable, Sendable, Codable {
        /// The epoch after which the weights were these, from 1.
        public var epoch: Int
        /// What the validation examples were asked: `validation_loss`, in nats per example, or `validation_ndcg@100`.
        public var measure: String
        /// The best of that figure; nil if it was not finite.
        public var value: Double?
        /// Number of examples behind it.
        public var examples: Int?

        /// As given; a `value` that is not finite is left out.
        public init(epoch: Int, measure: String, value: Double, examples: Int) {
            self.epoch = epoch
            self.measure = measure
            self.value = value.isFinite ? value : nil
            self.examples = examples
        }
    }

    /// Name of the data, such as `MNIST`.
    public var dataset: String?
    /// What the data call themselves, where `dataset` is a name that was given to them; else nil.
    public var dataName: String?
    /// Of users and items: which of them were learned from.
    public var interactions: Interactions?
    /// Licence of the data.
    public var datasetLicense: String?
    /// How grey values became the zeros and ones that were learned from: `dynamic` for a fresh draw in every epoch; nil
    /// for grey values as they are.
    public var binarisation: String?
    /// Number of training images.
    public var trainingImages: Int?
    /// Number of test images behind `test`.
    public var testImages: Int?
    /// Passes over the data.
    public var epochs: Int?
    /// The epoch whose weights were kept, and why; nil for the last.
    public var kept: Kept?
    /// Rows per optimiser step.
    public var batchSize: Int?
    /// Of Adam.
    public var learningRate: Double?
    /// Determines everything random.
    public var seed: UInt64?
    /// Shards of a minibatch; part of the recipe, since sums are taken in its order.
    public var threads: Int?
    /// Mean over the epoch whose weights were kept, as trained.
    public var train: Terms?
    /// Mean over the test images.
    public var test: Terms?
    /// Mean KL of each latent dimension over the test images, in nats.
    public var perDimensionKL: [Float]?
    /// The command that makes the file again.
    public var command: String?

    private enum CodingKeys: String, CodingKey {
        case dataset, binarisation, epochs, kept, seed, threads, train, test, command, interactions
        case dataName = "data_name"
        case datasetLicense = "dataset_license"
        case trainingImages = "training_images"
        case testImages = "test_images"
        case batchSize = "batch_size"
        case learningRate = "learning_rate"
        case perDimensionKL = "per_dimension_kl"
    }

    /// Knows nothing yet.
    public init() {}
}
