internal import Dispatch
internal import Foundation

/// SIGINT and SIGTERM: the first asks for an orderly end, the second ends the process at once.
final class StopSignals: @unchecked Sendable {
    // `count` is only touched on the serial queue.
    private let queue = DispatchQueue(label: "millrace.signals")
    private var count = 0
    private var sources: [any DispatchSourceSignal] = []

    init(onStop: @escaping @Sendable (_ name: String) -> Void) {
        for (number, name) in [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [self] in
                count += 1
                if count > 1 { _exit(128 + number) }
                onStop(name)
            }
            source.resume()
            sources.append(source)
        }
    }
}
