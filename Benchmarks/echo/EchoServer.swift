internal import Glibc
internal import HTTPServer

/// What the service's own HTTP layer can carry when there is nothing to do: a request of any size goes through a queue
/// to one worker thread and comes back as `?N` bytes. `vae-server` is measured against it.
@main
enum EchoServer {
    static func main() throws {
        let signals = TerminationSignals()
        HTTPServer.keepHeapSmall()
        let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 8080
        let server = try HTTPServer(configuration: HTTPServerConfiguration(port: port), handler: EchoQueue())
        print("echo-server is ready: try \(server.url)/?64")
        fflush(nil)
        _ = signals.wait()
        server.beginDrain()
        _ = server.waitUntilDrained(timeout: .seconds(5))
        try server.stop()
    }
}
