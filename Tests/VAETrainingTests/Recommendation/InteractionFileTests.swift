import Testing
import VAE

@testable import VAETraining

@Suite struct InteractionFileTests {
    private func read(_ text: String, above: Double = 3.5) throws -> Set<String> {
        let scratch = ScratchFolder()
        let list = try InteractionFile.read(scratch.write(Array(text.utf8), to: "ratings"), ratingAbove: above)
        return Set(list.pairs.map { "\(list.users[Int($0.user)])>\(list.items[Int($0.item)])" })
    }

    @Test(arguments: [
        "1,20,4\n1,21,3.5\n2,20,5\n", "userId,movieId,rating,timestamp\n1,20,4.0,11\n1,21,3.5,12\n2,20,5e0,13\n",
        "1\t20\t4\t881250949\r\n1\t21\t3\t881250950\r\n2\t20\t5\t881250951\r\n",
        "1::20::4::9\n1::21::2::9\n2::20::5::9",
        "\u{FEFF}user;item;stars\n1;20;4\n1;21;1\n2;20;4\n", "1 20 4\n1 21 0\n2 20 4.5\n",
        "\"user_id\",\"item\",\"rating\"\n\"1\", \"20\" ,\"4\"\n1,21,-4\n\n2 , 20,5\n", "user,item\n1,20\n2,20\n",
        "1,20\n2,20",
        "1,20,2\n1,20,4\n1,20,4\n2,20,4\n",
    ])
    func readsEveryForm(text: String) throws { #expect(try read(text) == ["1>20", "2>20"]) }

    @Test func idsAreAnyText() throws {
        let found = try read("Ümit;\"a \"\"b\"\"; c\"\n\"x\"y; z \n")
        #expect(found == ["Ümit>a \"b\"; c", "\"x\"y>z"])
    }

    @Test(arguments: [
        ("1,2,4\n1,3\n", "line 2: expected 3 fields separated by comma, as in the first line, found 2: \"1,3\""),
        ("1,2\n1,3,5\n", "line 2: expected 2 fields separated by comma, as in the first line, found 3: \"1,3,5\""),
        ("1,2,4\n\n1,3,good\n", "line 3: expected a rating that is a number, found \"good\""),
        ("1,2,4\n1,3,nan\n", "line 2: expected a rating that is a number, found \"nan\""),
        ("1,2,4\n,3,1\n", "line 2: expected a user's id, found an empty field"),
        ("1,2,4\n1, ,1\n", "line 2: expected an item's id, found an empty field"),
        (
            "user\n",
            "line 1: expected user,item[,rating[,timestamp]], separated by comma, tab, ::, semicolon or space, "
                + "found \"user\""
        ),
        (
            "movieId,userId,rating\n",
            "line 1: expected the columns user, item[, rating[, timestamp]] in this order, found movieid, userid, rating"
        ),
        (
            "user,item,timestamp\n",
            "line 1: expected the columns user, item[, rating[, timestamp]] in this order, found user, item, timestamp"
        ),
        ("1,2,x\n", "line 1: expected a rating that is a number, found \"x\""),
    ])
    func namesTheLine(text: String, message: String) {
        let error = #expect(throws: DatasetError.self) { try read(text) }
        #expect(error?.description.hasSuffix("/ratings: \(message)") == true, "\(error?.description ?? "")")
    }

    @Test func refusesIDsThatAreTooLongOrNoText() {
        let error = #expect(throws: DatasetError.self) { try read("1,2\n1," + String(repeating: "x", count: 257)) }
        #expect(error?.description.contains("line 2: expected an item's id of at most 256 bytes, found 257") == true)
        let scratch = ScratchFolder()
        let path = scratch.write([0x31, 0x2c, 0xff, 0x0a], to: "latin")
        let other = #expect(throws: DatasetError.self) { try InteractionFile.read(path, ratingAbove: 0) }
        #expect(other?.description.hasSuffix("line 1: expected an item's id in UTF-8, found other bytes") == true)
    }

    @Test(arguments: ["", "\n\n", "user,item,rating\n", "1,2,3\n"])
    func refusesAFileWithoutInteractions(text: String) {
        let error = #expect(throws: DatasetError.self) { try read(text) }
        #expect(error?.description.contains("with ratings above 3.5; found none") == true)
    }

    /// Lines lie across the borders of the pieces that are read.
    @Test func readsAFileOfSeveralPieces() throws {
        let scratch = ScratchFolder()
        let lines = (0..<30_000).map { "user number \($0),an item whose name is rather long \($0 % 7)\n" }
        let path = scratch.write(Array(lines.joined().utf8), to: "ratings")
        let list = try InteractionFile.read(path, ratingAbove: 0)
        #expect(list.pairs.count == 30_000 && list.users.count == 30_000 && list.items.count == 7)
        #expect(list.users[29_999] == "user number 29999")
        let endless = scratch.write(Array(repeating: 0x31, count: 3 << 20), to: "endless")
        let error = #expect(throws: DatasetError.self) { try InteractionFile.read(endless, ratingAbove: 0) }
        #expect(error?.description.contains("line 1: expected at most 65536 bytes") == true)
        #expect(throws: DatasetError.self) { try InteractionFile.read(scratch.path, ratingAbove: 0) }
        #expect(throws: DatasetError.self) { try InteractionFile.read(scratch.path + "/none", ratingAbove: 0) }
    }
}
