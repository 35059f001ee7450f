import Testing

@testable import VAE

@Suite struct TrainingRecordTests {
    @Test func `A record of an older file does not say which weights were kept`() throws {
        let record = try CanonicalJSON.decode(TrainingRecord.self, from: #"{"epochs":3,"seed":7}"#)
        #expect(record.epochs == 3 && record.kept == nil)
        #expect(try CanonicalJSON.string(record) == #"{"epochs":3,"seed":7}"#)
    }

    @Test func `What the weights were chosen by is read as it was written`() throws {
        var record = TrainingRecord()
        record.kept = TrainingRecord.Kept(epoch: 14, measure: "validation_loss", value: 103.25, examples: 20)
        let text = try CanonicalJSON.string(record)
        #expect(text == #"{"kept":{"epoch":14,"examples":20,"measure":"validation_loss","value":103.25}}"#)
        #expect(try CanonicalJSON.decode(TrainingRecord.self, from: text) == record)
    }

    @Test func `A figure that is not finite is left out, since JSON has none`() throws {
        var record = TrainingRecord()
        record.kept = TrainingRecord.Kept(epoch: 1, measure: "validation_loss", value: .nan, examples: 20)
        #expect(try CanonicalJSON.string(record) == #"{"kept":{"epoch":1,"examples":20,"measure":"validation_loss"}}"#)
    }
}
