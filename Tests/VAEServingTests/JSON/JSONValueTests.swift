import Testing

@testable import VAEServing

@Suite struct JSONValueTests {
    let reader = JSONReader(maximumBytes: 1 << 20)

    @Test func knowsItsPath() throws {
        let document = try reader.parse(#"{"images":[0,{"z":[[1],[2,3]]},[]],"b":true}"#)
        #expect(document.path == "")
        #expect(try document["b"]?.path == "b")
        let image = try #require(try document["images"]?.elements.map(\.self)[1])
        #expect(image.path == "images[1]")
        let rows = try #require(try image["z"]?.elements.map(\.self))
        #expect(try rows[1].elements.map(\.path) == ["images[1].z[1][0]", "images[1].z[1][1]"])
    }

    @Test func keepsForeignKeysShortAndOnOneLine() throws {
        let key = "a\\nb" + String(repeating: "é", count: 50)
        let value = try reader.parse("{\"\(key)\":1}").fields[0].value
        #expect(value.path == "a?b" + String(repeating: "é", count: 18) + "...")
    }

    @Test func refusesADuplicateKey() throws {
        let value = try reader.parse(#"{"a":1,"b":{"seed":1,"x":0,"seed":2}}"#)
        let inner = try #require(try value["b"])
        #expect(try inner["x"]?.int == 0)
        #expect(throws: JSONError(.unexpected, "b.seed is given more than once")) { try inner["seed"] }
        #expect(try inner.fields.map(\.key) == ["seed", "x", "seed"])
    }

    @Test func namesExpectedAndFound() throws {
        let value = try reader.parse(#"{"s":"x","n":null,"d":0.5,"m":-1,"u":18446744073709551615,"big":1e300}"#)
        func complaint<T>(_ key: String, _ read: (JSONValue) throws -> T) -> String? {
            do {
                guard let field = try value[key] else { return nil }
                _ = try read(field)
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(complaint("s") { try $0.double } == "s is a string, expected a number")
        #expect(complaint("n") { try $0.string } == "n is null, expected a string")
        #expect(complaint("d") { try $0.int } == "d is 0.5, expected a whole number")
        #expect(complaint("m") { try $0.uint64 } == "m is -1, expected a whole number from 0 up")
        #expect(complaint("u") { try $0.int } == "u is out of range, expected a whole number below 2^63")
        #expect(complaint("big") { try $0.int } == "big is out of range, expected a whole number below 2^63")
        #expect(complaint("d") { try $0.bool } == "d is a number, expected true or false")
        #expect(complaint("d") { try $0.elements } == "d is a number, expected an array")
        #expect(complaint("s") { try $0["x"] } == "s is a string, expected an object")
        #expect(complaint("s") { try $0.fields } == "s is a string, expected an object")
        #expect(value.error("is odd").description == "the document is odd")
    }

    @Test(arguments: [("8.0", 8), ("8e0", 8), ("-3", -3), ("-0", 0), ("9007199254740992.0", 1 << 53)])
    func readsWholeNumbersHoweverWritten(text: String, expected: Int) throws {
        #expect(try reader.parse(text).int == expected)
    }

    @Test func lendsOnlyStringsAsUTF8() throws {
        #expect(try reader.parse("[1]").withUTF8 { $0.count } == nil)
        #expect(try reader.parse(#""Zm9v""#).withUTF8 { try? Base64.decode($0) } == Array("foo".utf8))
    }

    @Test func stopsTheProcessForAValueOfAnEarlierDocument() async {
        await #expect(processExitsWith: .failure) {
            let reader = JSONReader(maximumBytes: 100)
            let value = try reader.parse("[1,2]")
            _ = try reader.parse("[3,4]")
            // Only a trap fails here: an error would be swallowed.
            _ = try? value.readFloats(limit: 2)
        }
    }
}
