internal import ArgumentParser
internal import StreamCore
internal import TopologyFiles

struct TestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Runs the tests that stand in topology files, without a broker.")

    @Argument(help: "Topology files.", completion: .file(extensions: ["yaml", "yml"]))
    var files: [String]

    func run() throws {
        var passed = 0
        var failed = 0
        for path in files {
            let file: TopologyFile
            let runner: TopologyTestRunner
            do {
                file = try LoadedTopology(path: path).file
                runner = try TopologyTestRunner(file)
            } catch {
                throw Outcome.refuse(error)
            }
            if file.tests.isEmpty { Terminal.print("\(path): no tests") }
            for test in file.tests {
                let result = runner.run(test)
                Terminal.print("\(path): \(result.hasPassed ? "passed" : "FAILED"): \(test.name)")
                for failure in result.failures { Terminal.print(failure.description) }
                if result.hasPassed { passed += 1 } else { failed += 1 }
            }
        }
        Terminal.print("\(passed) passed, \(failed) failed")
        if failed > 0 { throw Outcome.testFailed }
    }
}
