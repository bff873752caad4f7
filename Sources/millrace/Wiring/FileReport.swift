internal import Foundation
internal import StreamCore

/// What a run over files has done, as `--report json` prints it.
struct FileReport: Encodable {
    let records: Int
    let seconds: Double
    let recordsPerSecond: Double
    let operators: [OperatorReport]

    private enum CodingKeys: String, CodingKey {
        case records, seconds, operators
        case recordsPerSecond = "records_per_second"
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// What one operator has done.
struct OperatorReport: Encodable {
    let name: String
    let received: Int
    /// By output; the main one is `out`.
    let emitted: [String: Int]
    let dropped: Int
    let late: Int
    let gauges: [String: Double]

    init(_ metrics: OperatorMetrics, of plan: TopologyPlan) {
        name = metrics.name
        received = metrics.received
        emitted = Dictionary(uniqueKeysWithValues: Self.counts(metrics, of: plan))
        dropped = metrics.dropped
        late = metrics.late
        gauges = metrics.gauges
    }

    /// What went to each output, in the order of the operator's.
    static func counts(_ metrics: OperatorMetrics, of plan: TopologyPlan) -> [(String, Int)] {
        let node = plan.topology.operators.first { $0.name == metrics.name }
        let outputs = ["out"] + (node?.spec.sideOutputs.map(\.name) ?? [])
        return Array(zip(outputs, metrics.emitted))
    }
}
