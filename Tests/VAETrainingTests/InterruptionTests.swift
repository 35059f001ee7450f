import Glibc
import Testing

@testable import VAETraining

@Suite struct InterruptionTests {
    @Test func theFirstSignalIsARequest() {
        Interruption.install()
        #expect(!Interruption.isRequested)
        // To the process, since threads of the test runner may keep signals out; so it may take a moment.
        kill(getpid(), SIGINT)
        for _ in 0..<2000 where !Interruption.isRequested { usleep(1000) }
        #expect(Interruption.isRequested)
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }
}
