internal import Foundation

/// How far a time zone is from UTC at any moment.
///
/// The zone's offsets are read once, for the years 1900 to 2100, so that asking costs a binary
/// search and no Foundation.
final class ZoneOffsets: Sendable {
    private static let startOfTable: Int64 = -2_208_988_800
    private static let endOfTable: Int64 = 4_102_444_800

    /// Ascending moments at which the offset changes; the first is the beginning of time.
    private let starts: [Int64]
    /// Seconds east of UTC from the start of the same index on.
    private let offsets: [Int64]

    /// The offsets of a zone that has a name of the IANA database or is an offset such as `+05:30`;
    /// `nil` when it is neither.
    init?(_ name: Text) {
        if let offset = TimeText.offset(name) {
            starts = [.min]
            offsets = [offset]
            return
        }
        guard let zone = TimeZone(identifier: name.string) else { return nil }
        var starts: [Int64] = [.min]
        var date = Date(timeIntervalSince1970: Double(Self.startOfTable))
        var offsets = [Int64(zone.secondsFromGMT(for: date))]
        while let next = zone.nextDaylightSavingTimeTransition(after: date), next > date {
            let start = Int64(next.timeIntervalSince1970)
            guard start < Self.endOfTable else { break }
            starts.append(start)
            offsets.append(Int64(zone.secondsFromGMT(for: next)))
            date = next
        }
        self.starts = starts
        self.offsets = offsets
    }

    /// Seconds east of UTC at a moment.
    func offset(at seconds: Int64) -> Int64 {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= seconds { low = middle } else { high = middle }
        }
        return offsets[low]
    }
}
