public import Events

extension Evaluation {
    // MARK: Values

    /// The operand as a value of its own.
    func value(of operand: Operand) -> Value {
        switch operand.kind {
        case .null: return .null
        case .boolean: return .boolean(operand.boolean)
        case .integer: return .integer(operand.integer)
        case .unsignedInteger: return .unsignedInteger(operand.bits)
        case .double: return .double(operand.double)
        case .string: return .string(operand.text.string)
        case .bytes: return .bytes(unsafe Array(operand.text.bytes))
        case .timestamp: return .timestamp(operand.moment)
        case .duration: return .duration(.nanoseconds(operand.nanoseconds))
        case .type: return .type(operand.text.string)
        case .optional: return .optional(operand.content.map { value(of: $0) })
        case .error, .unknown: return .unknown
        case .list, .map, .field: break
        }
        guard let contents = contents(of: operand) else { return .null }
        guard Self.isMap(operand) else {
            return .list((0..<contents.count).map { value(of: contents[$0]) })
        }
        let starts = stride(from: 0, to: contents.count, by: 2)
        return .map(
            starts.map {
                Value.Entry(key: value(of: contents[$0]), value: value(of: contents[$0 + 1]))
            })
    }

    // MARK: Events

    /// Sets a field of an event to the result of an expression.
    ///
    /// What JSON has no word for is written as text: timestamps, durations, types, and bytes in
    /// base 64. An empty optional removes the field.
    ///
    /// - Returns: false when nothing was changed; see ``EventArena/set(_:of:toJSON:)``.
    @discardableResult
    public func set(
        _ path: FieldPath, of event: inout Event, in arena: EventArena, to expression: Expression
    ) throws(EvaluationError) -> Bool {
        let result = try result(of: expression)
        return set(path, of: &event, in: arena, to: result)
    }

    private func set(
        _ path: FieldPath, of event: inout Event, in arena: EventArena, to result: Operand
    ) -> Bool {
        switch result.kind {
        case .null: return arena.setToNull(path, of: &event)
        case .boolean: return arena.set(path, of: &event, to: result.boolean)
        case .integer: return arena.set(path, of: &event, to: result.integer)
        case .double: return arena.set(path, of: &event, to: result.double)
        case .string:
            return unsafe arena.set(path, of: &event, toString: result.text.bytes)
        case .optional:
            guard let content = result.content else {
                arena.remove(path, of: &event)
                return true
            }
            return set(path, of: &event, in: arena, to: content)
        case .field:
            let reference = result.field
            if boundArenas[Int(reference.variable)] === arena {
                return arena.set(path, of: &event, toCopyOf: reference.value)
            }
        default: break
        }
        json.removeAll()
        appendJSON(result, to: &json)
        return unsafe arena.set(path, of: &event, toJSON: json.bytes)
    }

    /// Appends the result of an expression as JSON.
    public func appendJSON(
        of expression: Expression, to buffer: inout ByteBuffer
    ) throws(EvaluationError) {
        appendJSON(try result(of: expression), to: &buffer)
    }

    private func appendJSON(_ operand: Operand, to buffer: inout ByteBuffer) {
        switch operand.kind {
        case .null, .error, .unknown: buffer.append("null")
        case .boolean: buffer.append(operand.boolean ? "true" : "false")
        case .integer: buffer.append(integer: operand.integer)
        case .unsignedInteger: buffer.append(unsignedInteger: operand.bits)
        case .double:
            if operand.double.isFinite {
                buffer.append(double: operand.double)
            } else {
                buffer.append("null")
            }
        case .string, .type: unsafe buffer.append(jsonString: operand.text.bytes)
        case .bytes: buffer.append(jsonString: Base64.text(of: operand.text))
        case .timestamp, .duration:
            let text = converted(operand, .toString, 0).text
            unsafe buffer.append(jsonString: text.bytes)
        case .optional: appendJSON(operand.content ?? .null, to: &buffer)
        case .list, .map, .field: appendContainer(operand, to: &buffer)
        }
    }

    private func appendContainer(_ operand: Operand, to buffer: inout ByteBuffer) {
        guard let contents = contents(of: operand) else { return buffer.append("null") }
        let isMap = Self.isMap(operand)
        buffer.append(isMap ? "{" : "[")
        for position in stride(from: 0, to: contents.count, by: isMap ? 2 : 1) {
            if position > 0 { buffer.append(",") }
            if isMap {
                let key = converted(contents[position], .toString, 0)
                unsafe buffer.append(jsonString: key.text.bytes)
                buffer.append(":")
            }
            appendJSON(contents[position + (isMap ? 1 : 0)], to: &buffer)
        }
        buffer.append(isMap ? "}" : "]")
    }
}
