internal import ArgumentParser
internal import Foundation
internal import StreamCore

/// How a command ends when it does not end well.
enum Outcome {
    static let hadToStop = ExitCode(1)
    static let topologyIsWrong = ExitCode(2)
    static let expressionIsWrong = ExitCode(2)
    static let testFailed = ExitCode(3)

    /// Prints why and ends the command.
    static func stop(_ error: some Error) -> ExitCode {
        if let diagnostics = error as? Diagnostics { return refuse(diagnostics) }
        Terminal.printError("millrace: \(Self.describe(error))")
        return hadToStop
    }

    static func refuse(_ diagnostics: Diagnostics) -> ExitCode {
        let all = diagnostics.sorted
        for diagnostic in all { Terminal.printError(diagnostic.description) }
        Terminal.printError(all.count == 1 ? "1 error" : "\(all.count) errors")
        return topologyIsWrong
    }

    /// Foundation's own descriptions name classes and codes; its localised ones are for people.
    private static func describe(_ error: any Error) -> String {
        if let error = error as? CocoaError {
            let path = error.filePath.map { "\($0): " } ?? ""
            return path + error.localizedDescription
        }
        return "\(error)"
    }
}
