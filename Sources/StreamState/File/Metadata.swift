internal import StreamCore

/// What `_meta` holds: whose file it is, which stores it has, and how far the task had come.
struct Metadata {
    static let tableName = "_meta"

    private enum Name {
        static let application = "application"
        static let task = "task"
        static let layout = "layout"
        static let salt = "log"
        static let store = "store/"
    }

    let identity: FileIdentity
    let layout: Int64
    /// What the log of commits that belongs to these tables begins with.
    let salt: UInt64
    let stores: [StoreSpec]
    /// The rows that say how far the task had come.
    let standingRows: StandingRows

    /// Reads and checks the whole table.
    ///
    /// - Throws: `StoreError.corrupt` when a row is missing.
    init(_ table: RowTable) throws(StoreError) {
        var texts: [String: String] = [:]
        var stores: [StoreSpec] = []
        var standing: [String: [UInt8]] = [:]
        var rows = try table.rows()
        while try rows.next() {
            let name = unsafe String(decoding: rows.key, as: UTF8.self)
            let text = unsafe String(decoding: rows.value, as: UTF8.self)
            if name.hasPrefix(Name.store),
                let store = StoreSpec(
                    name: String(name.dropFirst(Name.store.count)), text: text)
            {
                stores.append(store)
            } else if [Name.application, Name.task, Name.layout, Name.salt].contains(name) {
                texts[name] = text
            } else {
                standing[name] = unsafe Array(rows.value)
            }
        }
        let fields = Fields(texts: texts, table: table)
        identity = FileIdentity(
            application: try fields.text(Name.application), task: try fields.text(Name.task))
        layout = try fields.integer(Name.layout)
        salt = UInt64(bitPattern: try fields.integer(Name.salt))
        self.stores = stores
        standingRows = StandingRows(rows: standing)
    }

    /// - Throws: `StoreError.foreign` when the file is of another layout, application or task.
    func check(_ wanted: FileIdentity, _ path: String) throws(StoreError) {
        try FileHeader.checkLayout(layout, path)
        guard identity == wanted else {
            throw .foreign(
                path: path, found: identity.description, expected: wanted.description,
                remedy: StoreError.moveAway(path))
        }
    }

    static func write(_ identity: FileIdentity, to table: RowTable) throws(StoreError) {
        try table.write(Name.application, identity.application)
        try table.write(Name.task, identity.task)
        try table.write(Name.layout, String(FileHeader.layoutVersion))
        try write(salt: makeSalt(), to: table)
    }

    static func write(salt: UInt64, to table: RowTable) throws(StoreError) {
        try table.write(Name.salt, String(Int64(bitPattern: salt)))
    }

    /// A number that no log had before.
    static func makeSalt() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    static func write(_ store: StoreSpec, to table: RowTable) throws(StoreError) {
        try table.write(Name.store + store.name, store.text)
    }

    static func remove(_ store: StoreSpec, from table: RowTable) throws(StoreError) {
        try table.remove(Array((Name.store + store.name).utf8))
    }

    private struct Fields {
        let texts: [String: String]
        let table: RowTable

        func text(_ name: String) throws(StoreError) -> String {
            guard let text = texts[name] else {
                throw table.damagedRow("the row '\(name)' is missing")
            }
            return text
        }

        func integer(_ name: String) throws(StoreError) -> Int64 {
            let text = try text(name)
            guard let integer = Int64(text) else {
                throw table.damagedRow("the row '\(name)' is no number: '\(text)'")
            }
            return integer
        }
    }
}

extension RowTable {
    fileprivate func write(_ name: String, _ value: String) throws(StoreError) {
        try write(Array(name.utf8), Array(value.utf8))
    }
}
