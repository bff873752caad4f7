internal import StreamCore

/// Compares what a topic got with what it must have got.
package struct ExpectationCheck {
    /// So many records that came unexpected are shown.
    private static let shownRecords = 5

    private let expectation: TopologyTest.Expectation
    private let records: [ArrivedRecord]

    /// A check against what came, of all topics.
    package init(_ expectation: TopologyTest.Expectation, among records: [OutputRecord]) {
        self.expectation = expectation
        self.records = records.filter { $0.topic == expectation.topic }.map(ArrivedRecord.init)
    }

    /// What is not as expected; empty when all is well.
    package func failures() -> [TopologyTestFailure] {
        switch expectation.mode {
        case .exactly: exactFailures()
        case .contains: containsFailures()
        }
    }

    private func containsFailures() -> [TopologyTestFailure] {
        var free = Set(records.indices)
        var failures: [TopologyTestFailure] = []
        for expected in expectation.records {
            let differences = free.sorted().map { ($0, RecordDifference(expected, records[$0])) }
            if let match = differences.first(where: { $0.1.isEmpty }) {
                free.remove(match.0)
            } else {
                let nearest = differences.min { $0.1.lines.count < $1.1.lines.count }
                failures.append(
                    TopologyTestFailure(
                        "no record of '\(expectation.topic)' is as expected",
                        at: expected.location,
                        details: nearest.map { ["the nearest that came:"] + $0.1.lines }
                            ?? ["none came"]))
            }
        }
        return failures
    }

    private func exactFailures() -> [TopologyTestFailure] {
        var failures: [TopologyTestFailure] = []
        var surplus: [ArrivedRecord] = []
        for gap in gaps() {
            for (expected, found) in zip(gap.expected, gap.found) {
                let difference = RecordDifference(expectation.records[expected], records[found])
                failures.append(
                    TopologyTestFailure(
                        "record \(expected + 1) of '\(expectation.topic)' is not as expected",
                        at: expectation.records[expected].location, details: difference.lines))
            }
            for expected in gap.expected.dropFirst(gap.found.count) {
                failures.append(missing(expected))
            }
            surplus += gap.found.dropFirst(gap.expected.count).map { records[$0] }
        }
        if !surplus.isEmpty { failures.append(unexpected(surplus)) }
        return failures
    }

    private func missing(_ index: Int) -> TopologyTestFailure {
        TopologyTestFailure(
            "record \(index + 1) of '\(expectation.topic)' never came",
            at: expectation.records[index].location, details: counts)
    }

    private func unexpected(_ surplus: [ArrivedRecord]) -> TopologyTestFailure {
        var details = counts + surplus.prefix(Self.shownRecords).map { "got \($0.record.summary)" }
        if surplus.count > Self.shownRecords {
            details.append("and \(surplus.count - Self.shownRecords) more")
        }
        return TopologyTestFailure(
            "'\(expectation.topic)' got records that were not expected",
            at: expectation.location, details: details)
    }

    private var counts: [String] {
        ["expected \(expectation.records.count) records, got \(records.count)"]
    }

    /// A stretch between records that are as expected.
    private struct Gap {
        var expected: Range<Int>
        var found: Range<Int>
    }

    /// Finds the longest run of records that are as expected, so that one that is missing or too
    /// much is reported as that, and not as a difference in all that follow.
    private func gaps() -> [Gap] {
        let (rows, columns) = (expectation.records.count, records.count)
        let matches = expectation.records.map { expected in
            records.map { RecordDifference(expected, $0).isEmpty }
        }
        var longest = Array(repeating: Array(repeating: 0, count: columns + 1), count: rows + 1)
        for row in stride(from: rows - 1, through: 0, by: -1) {
            for column in stride(from: columns - 1, through: 0, by: -1) {
                longest[row][column] =
                    matches[row][column]
                    ? longest[row + 1][column + 1] + 1
                    : max(longest[row + 1][column], longest[row][column + 1])
            }
        }
        var gaps: [Gap] = []
        var gap = Gap(expected: 0..<0, found: 0..<0)
        var (row, column) = (0, 0)
        while row < rows, column < columns {
            if matches[row][column] {
                gaps.append(gap)
                (row, column) = (row + 1, column + 1)
                gap = Gap(expected: row..<row, found: column..<column)
            } else if longest[row + 1][column] >= longest[row][column + 1] {
                row += 1
                gap.expected = gap.expected.lowerBound..<row
            } else {
                column += 1
                gap.found = gap.found.lowerBound..<column
            }
        }
        gaps.append(
            Gap(
                expected: gap.expected.lowerBound..<rows, found: gap.found.lowerBound..<columns))
        return gaps
    }
}
