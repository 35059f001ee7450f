internal import ArgumentParser
internal import VAE
internal import VAETraining

/// `vae-trainer rank`.
struct RankCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rank",
        abstract: "Measures how well a model recommends, beside popularity and a truncated SVD.",
        discussion: """
            Recall@20, Recall@50 and NDCG@100 by the protocol of Liang et al. 2018:
            for users that were held out, 80 % of their items are known and the
            others are to be found. What counts and who is held out is as the model
            was trained with; a flag that says otherwise is refused.

            Example:
              vae-trainer train --data ratings.csv --out models/films.safetensors
              vae-trainer rank --data ratings.csv --model models/films.safetensors
            """)

    @Option(help: .init("The checkpoint.", valueName: "file.safetensors"))
    var model: String

    @Option(
        help: .init(
            "The data it was trained with: user,item[,rating[,timestamp]] lines, or interactions:USERSxITEMS.",
            valueName: "file.csv"))
    var data: String

    @OptionGroup(title: "Users and items") var interactions: InteractionFlags

    @Option(help: .init("Factors of the truncated SVD.", valueName: "number"))
    var svdRank = RankingReport.defaultRank

    @Flag(help: "Rank for the users held out for validation, to choose settings by, instead of those of the test.")
    var validation = false

    func run() throws {
        let checkpoint = try CheckpointFile(path: model).checkpoint
        var settings = DataSettings(source: data)
        let trained = InteractionSettings(of: checkpoint.training)
        settings.interactions = trained ?? InteractionSettings()
        interactions.apply(to: &settings.interactions)
        if let trained { try settings.interactions.checkEqual(trained: trained) }
        let split = try InteractionSource.load(data, settings: settings)
        let name = model.split(separator: "/").last.map(String.init) ?? model
        print(split.summary)
        Interruption.install()
        let report = try RankingReport(
            checkpoint, name: name, on: split, validation: validation, rank: svdRank, progress: EvaluationProgress(),
            shouldStop: { Interruption.isRequested })
        if !report.results.isEmpty { print(report.text) }
        guard report.leftOut.isEmpty else {
            print("stopped, without \(report.leftOut.joined(separator: ", "))")
            throw ExitCode(Interruption.exitStatus)
        }
    }
}
