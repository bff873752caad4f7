import Foundation

/// The first program of a name on the search path.
func program(named name: String) -> URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let candidates = path.split(separator: ":").map { URL(fileURLWithPath: "\($0)/\(name)") }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) }
}

/// Runs a program to its end and returns what it writes.
func run(_ program: URL, _ arguments: [String], input: Data) throws -> Data {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    let (standardInput, standardOutput) = (Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = standardOutput
    try process.run()
    let writer = Thread {
        standardInput.fileHandleForWriting.write(input)
        try? standardInput.fileHandleForWriting.close()
    }
    writer.start()
    let output = standardOutput.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return output
}
