import Avro
import Events
import Foundation
import Testing

/// Answers the cases that `scripts/avro-parity` made with fastavro, which compares the answers.
@Suite("Parity with fastavro")
struct ParityTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test(
        "every generated case gets an answer",
        .enabled(if: environment["MILLRACE_AVRO_CASES"] != nil, "scripts/avro-parity runs it"))
    func answersCases() throws {
        let cases = try #require(Self.environment["MILLRACE_AVRO_CASES"])
        let answers = try #require(Self.environment["MILLRACE_AVRO_ANSWERS"])
        let text = try String(contentsOfFile: cases, encoding: .utf8)
        var output = ""
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            output += try answer(parts) + "\n"
        }
        try output.write(toFile: answers, atomically: true, encoding: .utf8)
    }

    /// JSON and the bytes that it is encoded as again, or what is wrong.
    private func answer(_ parts: [Substring]) throws -> String {
        try #require(parts.count == 3)
        do {
            let writer = try AvroRig(String(parts[0]))
            let reader = parts[1].isEmpty ? nil : try AvroRig(String(parts[1]))
            let json = try writer.json(bytes(hexadecimal: parts[2]), reader: reader)
            do {
                return "\(json)\t\(hexadecimal(try (reader ?? writer).avro(json)))"
            } catch {
                return "\(json)\terror: \(oneLine(error))"
            }
        } catch {
            return "error: \(oneLine(error))\t"
        }
    }

    private func oneLine(_ error: any Error) -> String {
        "\(error)".map { $0.isWhitespace ? " " : "\($0)" }.joined()
    }
}
