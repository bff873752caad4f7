import Foundation
import Glibc
import StreamCore
import StreamState
import Testing

/// Measurements, not tests: `MILLRACE_BENCH=1 swift test ... --filter StateBenchmarks` prints them.
@Suite(
    "State benchmarks", .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["MILLRACE_BENCH"] == "1"))
struct StateBenchmarks {
    @Test("restores a million keys with values of 200 bytes", arguments: [false, true])
    func restore(isSorted: Bool) throws {
        let folder = TemporaryFolder()
        let storage = SQLiteStateStorage(in: folder, cacheByteLimit: 64 << 20)
        let state = try storage.open(.first, stores: [.sessions])
        let count = 1_000_000
        var numbers = Array(0..<count)
        var dice = Dice(seed: 3)
        if !isSorted { numbers.shuffle(using: &dice) }
        let value = UnsafeMutableRawBufferPointer.allocate(byteCount: 200, alignment: 8)
        defer { unsafe value.deallocate() }
        unsafe value.initializeMemory(as: UInt8.self, repeating: 7)
        let duration = try ContinuousClock().measure {
            for number in numbers {
                try unsafe withUnsafeBytes(of: UInt64(number).bigEndian) {
                    try unsafe state.restore(
                        store: 0, key: $0, value: UnsafeRawBufferPointer(value))
                }
            }
            try state.commitRestored(
                RestoreProgress(offsets: [0: Int64(count)], isComplete: true),
                checkpoint: .number(1))
        }
        let seconds = duration / .seconds(1)
        report(
            "restore, keys \(isSorted ? "in order" : "in no order"):",
            "\(Int(Double(count) / seconds)) records/s, \(seconds) s")
    }

    @Test("what a commit of 10,000 entries costs", arguments: [10_000, 100_000])
    func commit(keyCount: Int) throws {
        var durations: [Duration] = []
        for isExactlyOnce in [false, true] {
            let folder = TemporaryFolder()
            let storage = SQLiteStateStorage(in: folder, cacheByteLimit: 64 << 20)
            let state = try storage.open(.first, stores: [.sessions])
            let store = state.keyValueStore("sessions.open")
            var dice = Dice(seed: 3)
            var spent = Duration.zero
            for round in 0..<20 {
                for index in 0..<10_000 {
                    let number = keyCount == 10_000 ? index : dice.below(keyCount)
                    try store.put(
                        Array("user-\(number)".utf8),
                        Array(repeating: UInt8(round), count: 250 + dice.below(100)))
                }
                let duration = try ContinuousClock().measure {
                    let checkpoint = TaskCheckpoint.number(Int64(round + 1))
                    if isExactlyOnce {
                        try state.prepare(checkpoint)
                        try state.applyPrepared()
                    } else {
                        try state.commit(checkpoint)
                    }
                }
                if round >= 5 { spent += duration }
            }
            durations.append(spent / 15)
            state.close()
        }
        let (least, exactly) = (durations[0] / .milliseconds(1), durations[1] / .milliseconds(1))
        report(
            "10,000 of \(keyCount) keys: commit \(least) ms, prepare and apply \(exactly) ms,",
            "ratio \(exactly / least), share of 200 ms lost \((exactly - least) / 2) %")
    }
}

/// Prints at once, so that nothing is lost when a measurement is stopped.
private func report(_ parts: String...) {
    print(parts.joined(separator: " "))
    fflush(nil)
}
