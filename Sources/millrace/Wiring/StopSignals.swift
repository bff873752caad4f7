internal import Foundation

/// SIGINT and SIGTERM: the first asks for an orderly end, the second ends the process at once.
///
/// From the moment in which it is made no signal is lost: the handler writes to a pipe, which a thread
/// of its own reads.
final class StopSignals: Sendable {
    init(onStop: @escaping @Sendable (_ name: String) -> Void) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return }
        let reader = ends[0]
        unsafe signalPipe = ends[1]
        for number in [SIGINT, SIGTERM] { signal(number, noteSignal) }
        let thread = Thread {
            Self.unblock()
            var count = 0
            var number: UInt8 = 0
            while unsafe read(reader, &number, 1) == 1 {
                count += 1
                if count > 1 { _exit(128 + Int32(number)) }
                onStop(Int32(number) == SIGINT ? "SIGINT" : "SIGTERM")
            }
        }
        thread.name = "signals"
        thread.start()
    }

    /// Lets this thread have the signals: whoever started the process may have blocked them.
    private static func unblock() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] { unsafe sigaddset(&signals, number) }
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}

/// Where the handler writes. Set once, before the handler is.
private nonisolated(unsafe) var signalPipe: Int32 = -1

/// Does nothing but what a handler may.
private func noteSignal(_ number: Int32) {
    let before = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = unsafe write(signalPipe, &byte, 1)
    errno = before
}
