import Testing

/// SwiftPM lets transitive imports through, so the directions of `ARCHITECTURE.md` are held here.
@Suite("Imports")
struct ImportTests {
    /// What each module may import of ours and of other packages. Nothing points up: what decides
    /// knows neither Kafka nor SQLite nor YAML.
    static let allowed: [String: Set<String>] = [
        // The functional core.
        "Events": ["CSimdJSON"],
        "Avro": ["Events"],
        "JSONSchema": ["Events", "CPCRE2"],
        "CEL": ["Events", "CPCRE2"],
        "Sketches": ["Events", "CMemory"],
        "Sentiment": [],
        "Linkage": [],
        "TextModels": ["CFastText", "CCLD2"],
        "StreamCore": ["Events"],
        "Models": [],
        "Operators": [
            "StreamCore", "Events", "JSONSchema", "CEL", "Models", "Sketches", "Sentiment", "Avro",
            "Linkage", "TextModels", "Crypto",
        ],
        "SampleEvents": ["Events"],
        // The shell.
        "SchemaRegistry": ["StreamCore", "CCurl"],
        "StreamEngine": ["StreamCore", "Events", "Logging", "Histogram"],
        "StreamState": ["StreamCore", "Events", "CSQLite", "CMemory", "HeapModule"],
        "StreamKafka": ["StreamEngine", "StreamCore", "Events", "CKafka"],
        "StreamTesting": ["StreamCore", "StreamEngine", "Events"],
        "TopologyFiles": ["Operators", "StreamCore", "Events", "Yams"],
        "millrace": [
            "TopologyFiles", "Operators", "StreamEngine", "StreamKafka", "StreamState",
            "StreamCore", "CEL", "Events", "JSONSchema", "Linkage", "SampleEvents",
            "SchemaRegistry",
            "ArgumentParser",
            "Logging", "CMimalloc",
        ],
    ]

    /// C code behind a header: each has one Swift module that may see it.
    static let modulesOfC: Set<String> = [
        "CCurl", "CKafka", "CRdKafka", "CSQLite", "CSimdJSON", "CPCRE2", "CMimalloc",
        "CFastText", "CCLD2", "CMallocCount", "CMemory",
    ]

    /// What Swift and the system bring; only the shell may touch the system.
    static let systemModules: Set<String> = ["Glibc", "Dispatch", "Synchronization"]
    static let modulesWithSystem: Set<String> = [
        "SchemaRegistry", "StreamEngine", "StreamState", "StreamKafka", "StreamTesting", "millrace",
    ]

    /// Single files of the core that need a function of the C library.
    static let coreFilesWithSystem: Set<String> = [
        "Sources/Models/Formulas/Mathematics.swift",  // exp, log, pow
        "Sources/Linkage/RecordLinker.swift",  // log2
        "Sources/Linkage/LinkageComparer.swift",  // the same
    ]

    /// Foundation is large and slow, so it stays with what reads files and talks to people, and
    /// in the core with single files that say what for.
    static let modulesWithFoundation: Set<String> = [
        "SchemaRegistry", "StreamEngine", "StreamState", "StreamKafka", "StreamTesting",
        "TopologyFiles", "millrace",
    ]
    static let coreFilesWithFoundation: Set<String> = [
        "Sources/Operators/Sessionize/LocalDays.swift",  // the time zones of the IANA database
        "Sources/CEL/Values/ZoneOffsets.swift",  // the same
        "Sources/Operators/Link/LikenessSettings.swift",  // JSONDecoder, for the model
        "Sources/Operators/Protect/ProtectionKey.swift",  // the bytes that swift-crypto takes
    ]

    private let repository = Repository.current

    @Test("every module that has Swift sources has its place in the table")
    func tableIsComplete() {
        let modules = Set(repository.swiftSources.map(\.module))
        #expect(modules.subtracting(Self.allowed.keys).isEmpty)
    }

    @Test("imports follow the directions of the architecture")
    func importsPointOneWay() {
        for file in repository.swiftSources {
            for found in file.imports where !mayImport(found.module, into: file) {
                let allowed = Self.allowed[file.module, default: []].sorted()
                Issue.record(
                    """
                    \(file.path):\(found.line): \(file.module) imports \(found.module); of ours \
                    and of packages it may import \(allowed)
                    """)
            }
        }
    }

    @Test("every import says its access level, and C stays internal")
    func importsSayTheirAccess() {
        for file in repository.swiftSources {
            for found in file.imports {
                let place = "\(file.path):\(found.line): import \(found.module)"
                #expect(found.access != nil, "\(place): write 'internal import' or 'public import'")
                if Self.modulesOfC.contains(found.module) {
                    #expect(found.access == "internal", "\(place): C must not be in an API")
                }
            }
        }
    }

    @Test("a product does not depend on what only tests need")
    func productsDoNotCountMallocs() {
        for file in repository.swiftSources {
            #expect(
                !file.imports.contains { $0.module == "CMallocCount" || $0.module == "Testing" })
        }
    }

    private func mayImport(_ module: String, into file: RepositoryFile) -> Bool {
        if module == "Swift" { return true }
        if Self.systemModules.contains(module) {
            return Self.modulesWithSystem.contains(file.module)
                || Self.coreFilesWithSystem.contains(file.path)
        }
        if module == "Foundation" {
            return Self.modulesWithFoundation.contains(file.module)
                || Self.coreFilesWithFoundation.contains(file.path)
        }
        return Self.allowed[file.module, default: []].contains(module)
    }
}
