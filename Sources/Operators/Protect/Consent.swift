internal import Events

/// What a person has agreed to, as an event carries it, and what follows where it is not enough.
///
/// Below the field stands one member for each purpose: `true` or `false`, or an object with
/// `granted`, `version`, `granted_at`, `withdrawn_at` and `expires_at`. What can't be read is no
/// consent.
struct Consent: Sendable {
    /// Why a purpose is not allowed.
    enum Denial: String {
        case notGiven = "not_given"
        case notYetGiven = "not_yet_given"
        case oldVersion = "old_version"
        case withdrawn
        case expired
        case unreadable
    }

    /// One purpose, and the fields that are only for it.
    struct Purpose: Sendable {
        let name: String
        /// The oldest version of the terms that is enough.
        let version: Int64?
        /// The fields that go without consent; with none the event is withheld.
        let removed: [FieldPath]

        private let path: FieldPath
        private let granted: FieldPath
        private let versionGiven: FieldPath
        private let grantedAt: FieldPath
        private let withdrawnAt: FieldPath
        private let expiresAt: FieldPath

        /// - Precondition: the field has at most 62 components.
        init(name: String, version: Int64?, removed: [FieldPath], below field: FieldPath) {
            self.name = name
            self.version = version
            self.removed = removed
            let components = field.components + [.name(name)]
            func member(_ name: String) -> FieldPath { FieldPath(components + [.name(name)]) }
            path = FieldPath(components)
            granted = member("granted")
            versionGiven = member("version")
            grantedAt = member("granted_at")
            withdrawnAt = member("withdrawn_at")
            expiresAt = member("expires_at")
        }

        /// Why the event's person does not allow the purpose at `now`; `nil` when they do.
        ///
        /// A consent begins at `granted_at`, and ends at `withdrawn_at` or `expires_at`, which no
        /// longer belong to it.
        func denial(of event: Event, at now: Timestamp, in arena: EventArena) -> Denial? {
            let value = arena.value(of: event, at: path)
            switch value.kind {
            case .missing, .null: return .notGiven
            case .boolean:
                if value.boolean != true { return .notGiven }
                return version == nil ? nil : .oldVersion
            case .object: break
            default: return .unreadable
            }
            let flag = arena.value(of: event, at: granted)
            guard let isGranted = flag.boolean else {
                return flag.isMissingOrNull ? .notGiven : .unreadable
            }
            do throws(Unreadable) {
                if let end = try time(withdrawnAt, of: event, in: arena), end <= now {
                    return .withdrawn
                }
                if !isGranted { return .notGiven }
                if let start = try time(grantedAt, of: event, in: arena), start > now {
                    return .notYetGiven
                }
                if let end = try time(expiresAt, of: event, in: arena), end <= now {
                    return .expired
                }
            } catch {
                return .unreadable
            }
            guard let version else { return nil }
            let given = arena.value(of: event, at: versionGiven)
            if given.isMissingOrNull { return .oldVersion }
            guard let number = given.integer else { return .unreadable }
            return number < version ? .oldVersion : nil
        }

        private func time(
            _ path: FieldPath, of event: Event, in arena: EventArena
        ) throws(Unreadable) -> Timestamp? {
            let value = arena.value(of: event, at: path)
            if value.isMissingOrNull { return nil }
            guard let time = TimestampFormat.automatic.read(value, in: arena) else {
                throw Unreadable()
            }
            return time
        }
    }

    /// A time that means none.
    private struct Unreadable: Error {}

    let purposes: [Purpose]
}
