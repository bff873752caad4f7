internal import ArgumentParser

extension ValidationError {
    /// With how many partitions a topic can be created.
    static let partitionLimits: ClosedRange<Int32> = 1...100_000

    /// Refuses a number out of its range; `option`: as it is written on the command line.
    static func check<Number: Comparable>(
        _ value: Number?, _ option: String, is range: ClosedRange<Number>
    ) throws {
        guard let value, !range.contains(value) else { return }
        throw ValidationError(
            "\(option) is \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
}
