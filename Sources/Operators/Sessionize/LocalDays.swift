internal import Foundation

/// Which calendar day a moment belongs to in a time zone.
///
/// The zone's offsets are read once, for the years 1970 to 2100, so that asking costs a binary
/// search and no Foundation.
struct LocalDays: Sendable {
    private static let endOfTable: Int64 = 4_102_444_800_000
    private static let dayLength: Int64 = 86_400_000

    /// Ascending moments at which the offset changes; the first is the beginning of time.
    private var starts: [Int64] = [.min]
    /// Milliseconds east of UTC from the start of the same index on.
    private var offsets: [Int64]

    /// - Returns: `nil` when the IANA database has no such zone.
    init?(zone identifier: String) {
        guard let zone = TimeZone(identifier: identifier) else { return nil }
        var date = Date(timeIntervalSince1970: 0)
        offsets = [Int64(zone.secondsFromGMT(for: date)) * 1000]
        while let next = zone.nextDaylightSavingTimeTransition(after: date), next > date {
            let start = Int64(next.timeIntervalSince1970 * 1000)
            guard start < Self.endOfTable else { break }
            starts.append(start)
            offsets.append(Int64(zone.secondsFromGMT(for: next)) * 1000)
            date = next
        }
    }

    /// The time between two changes of the offset that a moment lies in.
    func segment(at milliseconds: Int64) -> Int {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= milliseconds { low = middle } else { high = middle }
        }
        return low
    }

    func start(ofSegment index: Int) -> Int64 { starts[index] }

    /// When the next begins; `Int64.max` behind the last.
    func end(ofSegment index: Int) -> Int64 {
        index + 1 < starts.count ? starts[index + 1] : .max
    }

    /// Milliseconds east of UTC.
    func offset(ofSegment index: Int) -> Int64 { offsets[index] }

    /// Milliseconds east of UTC at a moment.
    func offset(at milliseconds: Int64) -> Int64 { offsets[segment(at: milliseconds)] }

    /// The number of the local day, counted from 1 January 1970.
    func day(of milliseconds: Int64) -> Int32 {
        let (local, overflow) = milliseconds.addingReportingOverflow(offset(at: milliseconds))
        guard !overflow else { return 0 }
        let day = local >= 0 ? local / Self.dayLength : (local + 1) / Self.dayLength - 1
        return Int32(truncatingIfNeeded: day)
    }
}
