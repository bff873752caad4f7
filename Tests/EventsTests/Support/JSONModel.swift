import Events

/// A JSON value as a plain tree: what the arena is compared with.
indirect enum JSONModel: Equatable {
    case null
    case boolean(Bool)
    /// A number, by the digits with which it is written.
    case number(String)
    case string(String)
    case array([JSONModel])
    case object([Member])

    struct Member: Equatable {
        var name: String
        var value: JSONModel
    }
}

// MARK: - Paths

extension JSONModel {
    func value(at path: ArraySlice<FieldPath.Component>) -> JSONModel? {
        guard let step = path.first else { return self }
        switch (step, self) {
        case (.name(let name), .object(let members)):
            return members.first { $0.name == name }?.value.value(at: path.dropFirst())
        case (.index(let index), .array(let elements)) where elements.indices.contains(index):
            return elements[index].value(at: path.dropFirst())
        default:
            return nil
        }
    }

    func value(at path: FieldPath) -> JSONModel? {
        value(at: path.components[...])
    }

    /// Sets a field by the rules of `EventArena.set`; returns whether it could.
    mutating func set(_ path: FieldPath, to value: JSONModel) -> Bool {
        guard let changed = Self.setting(self, path.components[...], to: value) else {
            return false
        }
        self = changed
        return true
    }

    private static func setting(
        _ node: JSONModel?, _ path: ArraySlice<FieldPath.Component>, to value: JSONModel
    ) -> JSONModel? {
        guard let step = path.first else { return value }
        let rest = path.dropFirst()
        switch (step, node) {
        case (.index(let index), .array(var elements)) where elements.indices.contains(index):
            guard let changed = setting(elements[index], rest, to: value) else { return nil }
            elements[index] = changed
            return .array(elements)
        case (.index, _), (.name, .array):
            return nil
        case (.name(let name), .object(var members)):
            let index = members.firstIndex { $0.name == name }
            guard let changed = setting(index.map { members[$0].value }, rest, to: value) else {
                return nil
            }
            if let index {
                members[index].value = changed
            } else {
                members.append(Member(name: name, value: changed))
            }
            return .object(members)
        case (.name(let name), _):
            guard let made = setting(nil, rest, to: value) else { return nil }
            return .object([Member(name: name, value: made)])
        }
    }

    mutating func remove(_ path: FieldPath) -> Bool {
        guard let changed = Self.removing(self, path.components[...]) else { return false }
        self = changed
        return true
    }

    private static func removing(
        _ node: JSONModel, _ path: ArraySlice<FieldPath.Component>
    ) -> JSONModel? {
        let rest = path.dropFirst()
        switch (path.first, node) {
        case (.name(let name), .object(var members)):
            guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
            if rest.isEmpty {
                members.remove(at: index)
            } else {
                guard let changed = removing(members[index].value, rest) else { return nil }
                members[index].value = changed
            }
            return .object(members)
        case (.index(let index), .array(var elements)) where elements.indices.contains(index):
            if rest.isEmpty {
                elements.remove(at: index)
            } else {
                guard let changed = removing(elements[index], rest) else { return nil }
                elements[index] = changed
            }
            return .array(elements)
        default:
            return nil
        }
    }
}

// MARK: - Comparison

extension JSONModel {
    /// Whether the two are the same JSON value: members may be in another order.
    func isSame(as other: JSONModel) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.object(let left), .object(let right)):
            guard left.count == right.count else { return false }
            return left.allSatisfy { member in
                right.contains { $0.name == member.name && $0.value.isSame(as: member.value) }
            }
        default:
            return self == other
        }
    }

    /// The value as the arena shows it, read through its own walk over children.
    init?(_ value: FieldValue, in arena: EventArena) {
        func text(_ range: ByteRange) -> String {
            unsafe String(decoding: arena.bytes(range), as: UTF8.self)
        }
        func children() -> [FieldValue] {
            var children: [FieldValue] = []
            var child = arena.firstChild(of: value)
            while !child.isMissing {
                children.append(child)
                child = arena.nextSibling(of: child)
            }
            return children
        }
        switch value.kind {
        case .missing: return nil
        case .null: self = .null
        case .boolean: self = .boolean(value.boolean == true)
        case .integer, .unsignedInteger, .decimal: self = .number(text(value.raw))
        case .string: self = .string(text(value.text))
        case .array: self = .array(children().map { JSONModel($0, in: arena)! })
        case .object:
            self = .object(
                children().map {
                    Member(name: text(arena.key(of: $0)), value: JSONModel($0, in: arena)!)
                })
        }
    }
}
