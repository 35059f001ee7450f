import Testing
import VAE

@testable import VAETraining

@Suite struct DataSettingsTests {
    @Test func theFlagsSayTheSame() throws {
        var settings = DataSettings()
        #expect(settings.commandWords == [])
        settings.source = "photos"
        settings.imageSize = try ImageSize(parsing: "64x48")
        settings.crop = 148
        settings.colour = .rgb
        settings.valueRange = try ValueRange(parsing: "-1:1")
        settings.testFraction = 0.2
        settings.validation = 500
        settings.limit = 1000
        settings.augmentation = try Augmentation(parsing: "flip,shift:2")
        settings.skipsBadImages = true
        settings.imageMemory = 64
        #expect(
            settings.commandWords.joined(separator: " ")
                == "--data photos --crop 148 --image-size 64x48 --colour rgb --value-range -1:1 --test-fraction 0.2 "
                + "--validation 500 --limit 1000 --augment flip,shift:2 --skip-bad-images --image-memory 64")
        try settings.validate()
        let text = try CanonicalJSON.string(settings)
        #expect(try CanonicalJSON.decode(DataSettings.self, from: text) == settings)
    }

    @Test func sizesAreRead() throws {
        #expect(try ImageSize(parsing: "64") == ImageSize(width: 64, height: 64))
        #expect(try ImageSize(parsing: "64x48") == ImageSize(width: 64, height: 48))
        #expect(try ImageSize(parsing: "64").description == "64")
        for wrong in ["", "0", "-1", "64x", "x64", "64x48x3", "4097", "1e2", "64 x 48"] {
            let error = #expect(throws: DatasetError.self, "\(wrong)") { try ImageSize(parsing: wrong) }
            #expect(error?.description.contains("--image-size \(wrong): expected a side such as 64") == true)
        }
    }

    /// Settings may come from a file that somebody has changed.
    @Test func numbersOutOfRangeAreRefused() {
        var settings = DataSettings()
        settings.imageSize = ImageSize(width: 0, height: 5000)
        let error = #expect(throws: DatasetError.self) { try settings.validate() }
        #expect(error?.description == "--image-size 0: expected 1…4096")
        settings = DataSettings()
        settings.imageMemory = .max
        #expect(throws: DatasetError.self) { try settings.validate() }
    }
}
