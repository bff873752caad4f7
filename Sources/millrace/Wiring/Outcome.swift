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
    static func describe(_ error: any Error) -> String {
        if let error = error as? CocoaError {
            let path = error.filePath.map { "\($0): " } ?? ""
            let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            if let underlying, underlying.domain == NSPOSIXErrorDomain {
                return path + (unsafe String(cString: strerror(Int32(underlying.code))))
            }
            return path + error.localizedDescription
        }
        if let error = error as? DecodingError { return describe(error) }
        return "\(error)"
    }

    /// Where in the JSON, and what is wrong there.
    private static func describe(_ error: DecodingError) -> String {
        let context: DecodingError.Context
        var missing: (any CodingKey)?
        switch error {
        case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
            context = found
        case .keyNotFound(let key, let found): (context, missing) = (found, key)
        @unknown default: return error.localizedDescription
        }
        let place = context.codingPath.reduce("") { path, key in
            if let index = key.intValue { return "\(path)[\(index)]" }
            return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
        }
        let what =
            missing.map { "'\($0.stringValue)' is missing" } ?? context.debugDescription
        return place.isEmpty ? what : "at \(place): \(what)"
    }
}
