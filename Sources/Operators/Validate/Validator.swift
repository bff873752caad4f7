internal import Events
internal import JSONSchema
internal import StreamCore

/// The `validate` operator at work in one task.
final class Validator: Operator {
    private static let rejected = 1
    /// A value that was converted may show the next mistake: in an item, behind an `if`.
    private static let mostRounds = 4
    /// How many values of an event are converted at most in a round.
    private static let mostCoercions = 1000

    // One thread uses it and nothing calls back, so accesses cannot overlap.
    @safe @exclusivity(unchecked) private var settings: ValidateSettings
    @safe @exclusivity(unchecked) private var chooser: SchemaChooser
    @safe @exclusivity(unchecked) private var coercion = Coercion()
    @safe @exclusivity(unchecked) private var buffer = ByteBuffer()

    init(settings: ValidateSettings) {
        self.settings = settings
        chooser = Self.chooser(settings)
    }

    private static func chooser(_ settings: ValidateSettings) -> SchemaChooser {
        guard let choice = settings.choice else {
            preconditionFailure("settings that were read say which schema an event has")
        }
        return SchemaChooser(choice, settings)
    }

    func adopt(_ definition: any OperatorDefinition) -> Bool {
        guard let changed = (definition as? ValidateOperator)?.settings else { return false }
        settings = changed
        chooser = Self.chooser(changed)
        return true
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let arena = context.arena
        chooser.beginRun()
        for event in events {
            var event = event
            arena.settle(&event)
            switch chooser.schema(of: event, in: arena) {
            case .schema(let schema): try check(&event, schema, in: context)
            case .unknown(let failure): try passOrRefuse(event, failure, in: context)
            }
        }
    }

    private func passOrRefuse(
        _ event: Event, _ failure: EventFailure, in context: OperatorContext
    ) throws(OperatorError) {
        if failure.isOutage { throw .unavailable(reason: failure.reason) }
        switch settings.unknownSchema {
        case .pass: context.emit(event)
        case .reject:
            try context.refuse(event, to: Self.rejected, error: failure.error) { failure.reason }
        }
    }

    private func check(
        _ event: inout Event, _ schema: EventSchema, in context: OperatorContext
    ) throws(OperatorError) {
        if isValid(event, schema, in: context.arena) {
            return try accept(&event, schema, in: context)
        }
        switch schema.outcome {
        case .reject: try reject(event, schema, in: context)
        case .coerce:
            var converted = event
            guard coerce(&converted, schema, in: context.arena) else {
                return try reject(event, schema, in: context)
            }
            let field = settings.coercionsField
            if unsafe context.arena.set(field, of: &converted, toJSON: coercion.record.bytes) {
                try accept(&converted, schema, in: context)
            } else {
                try cannotSet(field, of: event, in: context)
            }
        case .tag:
            render(violations(of: event, schema, in: context.arena, settings.errors.limit))
            let field = settings.violationsField
            if unsafe context.arena.set(field, of: &event, toJSON: buffer.bytes) {
                try accept(&event, schema, in: context)
            } else {
                try cannotSet(field, of: event, in: context)
            }
        }
    }

    private func isValid(_ event: Event, _ schema: EventSchema, in arena: EventArena) -> Bool {
        guard let part = settings.part else { return schema.validator.isValid(event, in: arena) }
        return schema.validator.isValid(arena.value(of: event, at: part), in: arena)
    }

    private func violations(
        of event: Event, _ schema: EventSchema, in arena: EventArena, _ limit: Int
    ) -> [Violation] {
        guard let part = settings.part else {
            return schema.validator.violations(of: event, in: arena, limit: limit)
        }
        return schema.validator.violations(
            of: arena.value(of: event, at: part), in: arena, limit: limit)
    }

    /// Converts values until the event is valid; returns whether it is.
    private func coerce(
        _ event: inout Event, _ schema: EventSchema, in arena: EventArena
    ) -> Bool {
        coercion.begin()
        for _ in 0..<Self.mostRounds {
            let found = violations(of: event, schema, in: arena, Self.mostCoercions)
            let count = coercion.apply(found, below: settings.part, to: &event, in: arena)
            if count == 0 || !arena.settle(&event) { return false }
            if isValid(event, schema, in: arena) {
                coercion.finishRecord()
                return true
            }
        }
        return false
    }

    private func accept(
        _ event: inout Event, _ schema: EventSchema, in context: OperatorContext
    ) throws(OperatorError) {
        if let field = settings.lineageField,
            !schema.addLineage(at: field, to: &event, in: context.arena)
        {
            try cannotSet(field, of: event, in: context)
        } else {
            context.emit(event)
        }
    }

    private func reject(
        _ event: Event, _ schema: EventSchema, in context: OperatorContext
    ) throws(OperatorError) {
        let violations = violations(of: event, schema, in: context.arena, settings.errors.limit)
        let error = violations.first?.error.rawValue ?? "schema_violation"
        let part = settings.part.map { "in '\($0)': " } ?? ""
        try context.refuse(event, to: Self.rejected, error: error) {
            part + violations.map(\.description).joined(separator: "; ")
                + "; checked with \(schema.title)"
        }
    }

    private func cannotSet(
        _ field: FieldPath, of event: Event, in context: OperatorContext
    ) throws(OperatorError) {
        try context.refuse(event, to: Self.rejected, error: "field_not_settable") {
            "the field '\(field)' can't be set: the event is no object, or an array is in the way"
        }
    }

    private func render(_ violations: [Violation]) {
        buffer.removeAll()
        buffer.append("[")
        for (index, violation) in violations.enumerated() {
            if index > 0 { buffer.append(",") }
            buffer.append("{\"error\":")
            buffer.append(jsonString: violation.error.rawValue)
            buffer.append(",\"path\":")
            buffer.append(jsonString: violation.instancePath)
            buffer.append(",\"schema_path\":")
            buffer.append(jsonString: violation.schemaPath)
            buffer.append(",\"message\":")
            buffer.append(jsonString: violation.sentence)
            buffer.append("}")
        }
        buffer.append("]")
    }
}
