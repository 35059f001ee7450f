import Testing

@testable import VAEServing

@Suite struct TraceParentTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"
    private static let sound = "00-\(trace)-\(parent)-01"

    @Test func aSoundOneIsHandedOnAsItIs() throws {
        let parent = try #require(TraceParent(Self.sound))
        #expect(parent.value == Self.sound)
        #expect(parent.traceID == Self.trace)
        #expect(TraceParent("00-\(Self.trace)-\(Self.parent)-00")?.value.hasSuffix("-00") == true)
    }

    @Test(arguments: ["01-\(trace)-\(parent)-01", "01-\(trace)-\(parent)-01-more", "fe-\(trace)-\(parent)-01-"])
    func laterVersionsAreReadAsTheFirst(_ text: String) { #expect(TraceParent(text)?.value == Self.sound) }

    @Test(arguments: [
        "", "00", String(sound.dropLast()), sound + "0", sound + "-", "00-\(trace)-\(parent)-01-more", " " + sound,
        "ff-\(trace)-\(parent)-01", "0g-\(trace)-\(parent)-01", "00_\(trace)-\(parent)-01",
        "00-\(trace.uppercased())-\(parent)-01", "00-\(trace.dropLast())g-\(parent)-01", "00-\(trace)-\(parent)-0x",
        "00-\(String(repeating: "0", count: 32))-\(parent)-01", "00-\(trace)-\(String(repeating: "0", count: 16))-01",
        "01-\(trace)-\(parent)-01more", "00-\(trace)-\(parent)x01", "00-\(trace)ä\(parent.dropLast())-01",
    ])
    func anUnsoundOneIsNone(_ text: String) { #expect(TraceParent(text) == nil) }
}
