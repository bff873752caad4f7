internal import CSimdJSON

extension EventArena {
    /// Sets a field to JSON text.
    ///
    /// A path through missing objects makes them, and a scalar on the way gives way to an object.
    /// Arrays keep their length: an index that is out of range, or a name below an array, changes
    /// nothing. This holds for all ways of setting a field.
    ///
    /// - Returns: false when nothing was changed, also because the text is not JSON or the event
    ///   cannot be parsed.
    @discardableResult
    public func set(
        _ path: FieldPath, of event: inout Event, toJSON json: UnsafeRawBufferPointer
    ) -> Bool {
        unsafe set(path, of: &event, toCopyOf: value(ofJSON: json))
    }

    /// A value that is written as JSON text, which no event has yet; missing when it is not JSON.
    public func value(ofJSON json: UnsafeRawBufferPointer) -> FieldValue {
        let text = unsafe copy(json)
        documents.append(Document(raw: text, bytes: text, key: .absent, origin: 0))
        let slot = documents.count - 1
        guard index(slot, limits: .standard) == nil else { return .missing }
        return DocumentIndex(of: Int32(slot), in: self).value(of: 0)
    }

    /// An object that the caller wrote as JSON text, which no event has yet. It is looked into when it is
    /// first read: most of what an operator writes goes to a sink as it is. Missing when it is too
    /// long to be read.
    ///
    /// - Precondition: the text is an object in valid JSON.
    package func value(ofWritten object: UnsafeRawBufferPointer) -> FieldValue {
        guard object.count <= ParseLimits.standard.maximumBytes else { return .missing }
        let text = unsafe copy(object)
        documents.append(Document(raw: text, bytes: text, key: .absent, origin: 0))
        return FieldValue(
            kind: .object, raw: text, document: Int32(documents.count - 1), node: 0)
    }

    /// Sets a field to a string. Bytes that are not UTF-8 become U+FFFD.
    @discardableResult
    public func set(
        _ path: FieldPath, of event: inout Event, toString text: UnsafeRawBufferPointer
    ) -> Bool {
        let start = own.count
        let isPlain = unsafe own.appendString(text)
        let raw = ownBytes(from: start)
        let content: ByteRange
        if isPlain {
            content = raw.part(1, raw.count - 2)
        } else {
            let contentStart = own.count
            unsafe own.append(repairing: text)
            content = ownBytes(from: contentStart)
        }
        return change(&event, at: path, .set, FieldValue(kind: .string, raw: raw, text: content))
    }

    /// Sets a field to a string.
    @discardableResult
    public func set(_ path: FieldPath, of event: inout Event, toString text: String) -> Bool {
        var text = text
        return text.withUTF8 {
            unsafe set(path, of: &event, toString: UnsafeRawBufferPointer($0))
        }
    }

    /// Sets a field to a whole number.
    @discardableResult
    public func set(_ path: FieldPath, of event: inout Event, to integer: Int64) -> Bool {
        let start = own.count
        own.append(integer: integer)
        return change(
            &event, at: path, .set,
            FieldValue(
                kind: .integer, raw: ownBytes(from: start), payload: UInt64(bitPattern: integer)))
    }

    /// Sets a field to a boolean.
    @discardableResult
    public func set(_ path: FieldPath, of event: inout Event, to boolean: Bool) -> Bool {
        let start = own.count
        own.append(boolean ? "true" : "false")
        return change(
            &event, at: path, .set,
            FieldValue(kind: .boolean, raw: ownBytes(from: start), payload: boolean ? 1 : 0))
    }

    /// Sets a field to a decimal, in the shortest digits that read back as the same number.
    ///
    /// JSON has no infinity and no NaN: they set the field to `null`.
    @discardableResult
    public func set(_ path: FieldPath, of event: inout Event, to double: Double) -> Bool {
        guard double.isFinite else { return setToNull(path, of: &event) }
        let start = own.count
        own.append(double: double)
        return change(
            &event, at: path, .set,
            FieldValue(kind: .decimal, raw: ownBytes(from: start), payload: double.bitPattern))
    }

    /// Sets a field to a timestamp in its canonical ISO 8601 form.
    @discardableResult
    public func set(_ path: FieldPath, of event: inout Event, to timestamp: Timestamp) -> Bool {
        let start = own.count
        own.append(UInt8(ascii: "\""))
        own.append(iso8601: timestamp)
        own.append(UInt8(ascii: "\""))
        let raw = ownBytes(from: start)
        return change(
            &event, at: path, .set,
            FieldValue(kind: .string, raw: raw, text: raw.part(1, raw.count - 2)))
    }

    /// Sets a field to `null`.
    @discardableResult
    public func setToNull(_ path: FieldPath, of event: inout Event) -> Bool {
        let start = own.count
        own.append("null")
        return change(&event, at: path, .set, FieldValue(kind: .null, raw: ownBytes(from: start)))
    }

    /// Sets a field to a value of this arena, byte for byte as it came.
    ///
    /// A missing value changes nothing.
    @discardableResult
    public func set(
        _ path: FieldPath, of event: inout Event, toCopyOf value: FieldValue
    ) -> Bool {
        guard !value.isMissing else { return false }
        return change(&event, at: path, .set, value)
    }

    /// Removes a field. Elements after a removed one move up.
    ///
    /// - Returns: false when there was no such field.
    @discardableResult
    public func remove(_ path: FieldPath, of event: inout Event) -> Bool {
        guard !value(of: event, at: path).isMissing else { return false }
        let before = event
        guard change(&event, at: path, .remove, .missing) else { return false }
        // Later indices into the array must count without the element.
        guard path.endsInIndex, !settle(&event) else { return true }
        event = before
        return false
    }

    /// Sets the record key; `nil` removes it.
    public func setKey(of event: inout Event, to key: UnsafeRawBufferPointer?) {
        guard let key = unsafe key else {
            event.key = .absent
            return
        }
        event.key = unsafe copy(key)
    }
}
