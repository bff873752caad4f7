internal import StreamCore

/// Whose state a file holds.
struct FileIdentity: Equatable, CustomStringConvertible {
    let application: String
    let task: String

    var description: String { "task \(task) of application '\(application)'" }

    /// - Throws: `StoreError.cannotOpen` when the application cannot be the name of a folder.
    static func check(application: String, in root: String) throws(StoreError) {
        let isName =
            !application.isEmpty && application != "." && application != ".."
            && !application.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
        guard isName else {
            throw .cannotOpen(
                path: root, reason: "'\(application)' cannot be the name of a folder",
                remedy: "give the application a name without '/'")
        }
    }
}
