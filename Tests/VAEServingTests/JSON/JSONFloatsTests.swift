import Testing

@testable import VAEServing

@Suite struct JSONFloatsTests {
    let reader = JSONReader(maximumBytes: 1 << 20)

    @Test(
        arguments: [
            ("[]", [0], []),
            ("[1,-2,0.5]", [3], [1, -2, 0.5]),
            ("[[1,2],[3,4]]", [2, 2], [1, 2, 3, 4]),
            ("[[],[]]", [2, 0], []),
            ("[[[[1],[2]]],[[[3],[4]]]]", [2, 1, 2, 1], [1, 2, 3, 4]),
            ("[18446744073709551615, 9007199254740993, -0.0, 1e-60]", [4], [0x1p64, 0x1p53, -0.0, 0]),
        ] as [(String, [Int], [Float])])
    func readsShapes(text: String, shape: [Int], values: [Float]) throws {
        let value = try reader.parse(text)
        #expect(try value.apparentShape == shape)
        let floats = try value.readFloats(limit: 4)
        #expect(floats.shape == shape)
        #expect(floats.values.map(\.bitPattern) == values.map(\.bitPattern))
    }

    @Test(arguments: [
        (#"{"z":[[1,2],[3,"x"]]}"#, "z[1][1] is a string, expected a number"),
        (#"{"z":[[1,2],[null,1]]}"#, "z[1][0] is null, expected a number"),
        (#"{"z":[[true,2]]}"#, "z[0][0] is true, expected a number"),
        (#"{"z":[{}]}"#, "z[0] is an object, expected a number"),
        (#"{"z":[[1,2],[3]]}"#, "z[1] has 1 elements, expected 2 like the arrays before it"),
        (#"{"z":[[1,2],3]}"#, "z[1] is a number, expected an array like those before it"),
        (#"{"z":[1,[2]]}"#, "z[1] is an array, expected a number"),
        (#"{"z":[[[1],[2]],[[3],[4,5]]]}"#, "z[1][1] has 2 elements, expected 1 like the arrays before it"),
        (#"{"z":[[[[[1]]]]]}"#, "z[0][0][0][0] is an array, expected a number after 4 nested arrays"),
        (#"{"z":[0,1e39]}"#, "z[1] is 1e+39, expected a number in the range of 32-bit float"),
        (#"{"z":[0,-3.5e38]}"#, "z[1] is -3.5e+38, expected a number in the range of 32-bit float"),
        (#"{"z":5}"#, "z is a number, expected an array of numbers"),
        (#"{"z":"AAAA"}"#, "z is a string, expected an array of numbers"),
    ])
    func refusesWhatIsNoTensor(text: String, message: String) throws {
        let value = try #require(try reader.parse(text)["z"])
        #expect(throws: JSONError(.unexpected, message)) { try value.readFloats(limit: 100) }
    }

    @Test func refusesMoreThanThereIsRoomFor() throws {
        let value = try reader.parse("[[1,2],[3,4]]")
        let error = JSONError(.tooManyValues, "the document has more values than expected, at most 3")
        #expect(throws: error) { try value.readFloats(limit: 3) }
        var memory: [Float] = [0, 0, 0, -1]
        #expect(throws: error) {
            try unsafe memory.withUnsafeMutableBufferPointer {
                try unsafe value.readFloats(into: $0.baseAddress.unsafelyUnwrapped, capacity: 3)
            }
        }
        #expect(memory[3] == -1)
    }

    /// The apparent shape of this small document has 2^36 values.
    @Test func refusesLengthsThatMultiplyToTooMuch() throws {
        let zeros = String(repeating: ",0", count: 1 << 12).dropFirst()
        let empties = String(repeating: ",[]", count: 1 << 12)
        let value = try reader.parse("[[[\(zeros)]\(empties)]\(empties)]")
        let error = JSONError(.tooManyValues, "the document has more values than expected, at most 1000000")
        #expect(throws: error) { try value.readFloats(limit: 1_000_000) }
    }
}
