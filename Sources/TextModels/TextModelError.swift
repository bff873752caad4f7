/// Why a text model cannot be used.
public enum TextModelError: Error, Equatable {
    /// This build was made without a library: what it is called, and the Debian package that has it.
    case missingLibrary(String, package: String)
    /// The bytes are no model; why, as a clause.
    case unusableModel(String)
}

extension TextModelError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missingLibrary(let library, _): "this build of Millrace has no \(library)"
        case .unusableModel(let reason): reason
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .missingLibrary(_, let package):
            // Whether a library is there is asked in the package's manifest, which is cached.
            """
            install the Debian package '\(package)', run 'swift package purge-cache' and build \
            again
            """
        case .unusableModel:
            "name a file that 'fasttext supervised' or 'fasttext quantize' wrote"
        }
    }
}
