import Foundation
import Testing

/// `millrace generate`, as its users run it. It needs no broker.
@Suite("millrace generate")
struct GenerateCommandTests {
    @Test(
        "a number out of its range is refused with the range",
        arguments: [
            ("--customers=1", "--customers is 2 to 1000000, not 1"),
            ("--customers=4000000", "--customers is 2 to 1000000, not 4000000"),
            ("--event-time-rate=0", "--event-time-rate is 0.001 to 1000000.0, not 0.0"),
            ("--event-time-rate=nan", "--event-time-rate is 0.001 to 1000000.0, not nan"),
            ("--rate=1e-300", "--rate is 0.001 to 1000000000.0, not 1e-300"),
            ("--rate=inf", "--rate is 0.001 to 1000000000.0, not inf"),
            ("--broken=-0.5", "--broken is 0.0 to 1.0, not -0.5"),
            ("--duplicates=nan", "--duplicates is 0.0 to 1.0, not nan"),
            ("--partitions=0", "--partitions is 1 to 100000, not 0"),
            ("--count=-1", "--count must not be negative"),
        ])
    func range(option: String, message: String) throws {
        let folder = try TestFolder()
        let process = try MillraceProcess(["generate", option], in: folder)
        #expect(process.waitForEnd() == 64)
        #expect(process.errors.contains("Error: \(message)\n"), "\(process.errors)")
        #expect(process.output.isEmpty)
    }
}
