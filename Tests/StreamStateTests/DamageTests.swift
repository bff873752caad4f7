import Foundation
import StreamCore
import StreamState
import Testing

/// Files that were damaged anywhere: opened with the right content or refused, never a trap, and
/// what is refused is left as it is.
@Suite struct DamageTests {
    /// Of the places in a file one in so many is damaged; all of them, which takes minutes, with
    /// `MILLRACE_THOROUGH=1`. The steps are primes, so that they meet every place in a page.
    private static let isThorough =
        ProcessInfo.processInfo.environment["MILLRACE_THOROUGH"] == "1"

    private static let logs = [".sqlite-wal", ".sqlite-commits"]

    @Test("a file with a changed byte is opened with the right content or refused")
    func bearsChangedBytes() throws {
        let damaged = try DamagedState(isClosed: true)
        let size = try damaged.size(".sqlite")
        let positions = (0..<size).filter { isInteresting($0) }
        var outcomes = Outcomes()
        for index in stride(from: 0, to: positions.count, by: Self.isThorough ? 1 : 23) {
            for mask in [0x01, 0xff] as [UInt8] {
                try damaged.change(".sqlite", at: positions[index], mask)
                outcomes.count(try damaged.open())
            }
        }
        // Most of the changes are found; those in free space and counters make no difference.
        #expect(outcomes.refused > outcomes.opened, "\(outcomes)")
    }

    @Test("a log with a changed byte gives the last commit or is refused", arguments: logs)
    func bearsChangedLogs(suffix: String) throws {
        let damaged = try DamagedState(isClosed: false, isInLog: suffix == ".sqlite-commits")
        let size = try damaged.size(suffix)
        var outcomes = Outcomes()
        for position in stride(from: 0, to: size, by: Self.isThorough ? 97 : 1_009) {
            try damaged.change(suffix, at: position, 0x10)
            outcomes.count(try damaged.open())
        }
        #expect(outcomes.refused > 0, "\(outcomes)")
    }

    @Test(
        "a log with a changed byte, after a power cut, gives an earlier commit as a whole",
        arguments: logs)
    func bearsChangedLogsAfterAPowerCut(suffix: String) throws {
        let damaged = try DamagedState(isClosed: false, isInLog: suffix == ".sqlite-commits")
        let size = try damaged.size(suffix)
        for position in stride(from: 0, to: size, by: Self.isThorough ? 97 : 1_999) {
            try damaged.change(suffix, at: position, 0x10)
            _ = try damaged.open(afterPowerCut: true)
        }
    }

    @Test("a log that is older than the tables, or of others, is not read")
    func bearsExchangedLogs() throws {
        let damaged = try DamagedState(isClosed: false, isInLog: true)
        let other = try DamagedState(isClosed: false, isInLog: true)
        try damaged.replace(".sqlite-commits", from: other)
        #expect(try !damaged.open())
        try damaged.replace(".sqlite-commits", from: other)
        _ = try damaged.open(afterPowerCut: true)
    }

    @Test("a file that is cut off is opened with the right content or refused")
    func bearsTruncation() throws {
        let files = [
            (true, ".sqlite"), (false, ".sqlite"), (false, ".sqlite-wal"),
            (false, ".sqlite-commits"),
        ]
        for (isClosed, suffix) in files {
            let damaged = try DamagedState(
                isClosed: isClosed, isInLog: suffix == ".sqlite-commits")
            let size = try damaged.size(suffix)
            for length in stride(from: 0, to: size, by: max(1, size / 40)) {
                try damaged.truncate(suffix, to: length)
                _ = try damaged.open()
                try damaged.truncate(suffix, to: length / 512 * 512)
                _ = try damaged.open()
            }
        }
    }

    @Test("pages that changed places are found")
    func bearsExchangedPages() throws {
        let damaged = try DamagedState(isClosed: true)
        let pageCount = try damaged.size(".sqlite") / 8_192
        for first in 0..<pageCount {
            for second in (first + 1)..<pageCount {
                try damaged.exchange(".sqlite", page: first, with: second, of: 8_192)
                _ = try damaged.open()
            }
        }
    }

    /// Every byte of the header and of the beginning and end of each page, and some between.
    private func isInteresting(_ position: Int) -> Bool {
        let inPage = position % 8_192
        return position < 108 || inPage < 16 || inPage > 8_192 - 60 || position % 61 == 0
    }
}

private struct Outcomes {
    var opened = 0
    var refused = 0

    mutating func count(_ isOpened: Bool) {
        if isOpened { opened += 1 } else { refused += 1 }
    }
}

/// The files of a state with five commits, damaged again and again.
private final class DamagedState {
    private static let stores: [StoreSpec] = [.sessions, .closing]

    private let folder: TemporaryFolder
    private let whole: [String: Data]
    private var expected: [Int64: StateModel.Content] = [:]

    /// `isInLog`: the commits are in their log; else there is so little memory that each reaches the
    /// tables.
    init(isClosed: Bool, isInLog: Bool = false) throws {
        let source = TemporaryFolder()
        let state = try SQLiteStateStorage(in: source, cacheByteLimit: isInLog ? 4 << 20 : 0)
            .open(.first, stores: Self.stores)
        let store = state.keyValueStore("sessions.open")
        let timers = state.timerStore("sessions.closing")
        var dice = Dice(seed: 7)
        var model = StateModel()
        expected[0] = model.current
        for commit in 1...5 as ClosedRange<Int64> {
            for _ in 0..<25 {
                let (key, value) = (dice.bytes(3 + dice.below(20)), dice.bytes(dice.below(300)))
                try store.put(key, value)
                model.current["sessions.open", key] = value
                let timer = TimerEntry(time: Int64(dice.below(1_000)), key: key)
                try timers.set(timer.key, at: timer.time)
                model.current.timers.insert(timer)
            }
            // A value of several pages.
            try store.put([0], dice.bytes(20_000))
            model.current["sessions.open", [0]] = try store.value([0])
            try state.commit(.number(commit))
            expected[commit] = model.current
        }
        if isClosed { state.close() }
        folder = try source.copy()
        whole = try folder.snapshot()
        state.close()
    }

    func size(_ suffix: String) throws -> Int { try #require(whole["shop/0_1" + suffix]).count }

    func change(_ suffix: String, at position: Int, _ mask: UInt8) throws {
        try damage(suffix) { $0[position] ^= mask }
    }

    func truncate(_ suffix: String, to length: Int) throws {
        try damage(suffix) { $0 = $0.prefix(length) }
    }

    func replace(_ suffix: String, from other: DamagedState) throws {
        let content = try #require(other.whole["shop/0_1" + suffix])
        try damage(suffix) { $0 = content }
    }

    func exchange(_ suffix: String, page first: Int, with second: Int, of size: Int) throws {
        try damage(suffix) { content in
            for offset in 0..<size {
                content.swapAt(first * size + offset, second * size + offset)
            }
        }
    }

    /// Opens the damaged files; whether they were not refused. After a power cut an earlier commit
    /// is right as well, if its number says so.
    func open(afterPowerCut: Bool = false) throws -> Bool {
        if afterPowerCut { try FileManager.default.removeItem(atPath: path("shop/0_1.lock")) }
        let before = try content()
        let state: any TaskState
        do throws(StoreError) {
            state = try SQLiteStateStorage(in: folder).open(.first, stores: Self.stores)
        } catch {
            #expect(try content() == before, "changed while it was refused: \(error)")
            return false
        }
        defer { state.close() }
        let sequence = state.checkpoint?.sequence ?? 0
        if !afterPowerCut { #expect(sequence == 5) }
        #expect(try StreamStateTests.content(of: state, stores: Self.stores) == expected[sequence])
        #expect(state.checkpoint == (sequence == 0 ? nil : .number(sequence)))
        return true
    }

    /// Restores all files and damages one.
    private func damage(_ suffix: String, _ change: (inout Data) -> Void) throws {
        for name in try folder.snapshot().keys where whole[name] == nil {
            try FileManager.default.removeItem(atPath: path(name))
        }
        for (name, content) in whole {
            var content = content
            if name == "shop/0_1" + suffix { change(&content) }
            try content.write(to: URL(filePath: path(name)))
        }
    }

    private func content() throws -> [String: Data] {
        try folder.snapshot().filter { !$0.key.hasSuffix(".lock") && !$0.value.isEmpty }
    }

    private func path(_ name: String) -> String { folder.path + "/" + name }
}
