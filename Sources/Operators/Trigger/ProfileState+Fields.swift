internal import Events

/// What is known of the fields, as of a moment.
///
/// An event may be ahead of stream time. What it says of a field counts for what is decided at its
/// time or later, and not for what is decided before, however early it came: so a decision is the
/// same in whatever order the events came, as long as none is late.
extension ProfileState {
    /// So many times a field is said ahead of stream time at the most; of more, earlier ones are
    /// forgotten.
    static let mostSayings = 64

    /// What was said of a field until a moment that is not before stream time.
    func field(_ hash: UInt64, at moment: Int64) -> Field? {
        var found: Field?
        for field in fields where field.hash == hash && (field.isSettled || field.time <= moment) {
            found = field
        }
        return found
    }

    /// Stream time has come to `moment`: of what was said until then the last of each field is left.
    /// Returns whether another value counts now of a field that `isMeant`.
    mutating func settleFields(at moment: Int64, _ isMeant: (UInt64) -> Bool) -> Bool {
        var hasChanged = false
        for index in fields.indices.reversed() where fields[index].time <= moment {
            if index + 1 < fields.count, fields[index + 1].hash == fields[index].hash,
                fields[index + 1].time <= moment
            {
                fields.remove(at: index)
            } else if !fields[index].isSettled {
                fields[index].isSettled = true
                hasChanged = hasChanged || !isRepeated(index) && isMeant(fields[index].hash)
            }
        }
        return hasChanged
    }

    /// When the first of the fields that are meant gets another value; `Int64.max` for never.
    func nextChange(of isMeant: (UInt64) -> Bool) -> Int64 {
        var next = Int64.max
        for (index, field) in fields.enumerated()
        where !field.isSettled && !isRepeated(index) && isMeant(field.hash) {
            next = min(next, field.time)
        }
        return next
    }

    /// Whether the same was said of the field before.
    func isRepeated(_ index: Int) -> Bool {
        guard index > 0, fields[index - 1].hash == fields[index].hash else { return false }
        let (before, piece) = (fields[index - 1].json, fields[index].json)
        return before.start == piece.start && before.count == piece.count
    }

    /// Takes over what an event says of a field, unless something later is settled. The fields are
    /// settled at `streamTime` before, and have to be again when the event is not ahead of it.
    mutating func set(
        _ hash: UInt64, to json: UnsafeRawBufferPointer, at time: Int64, streamTime: Int64
    ) {
        guard let first = fields.firstIndex(where: { $0.hash == hash }) else {
            fields.append(
                Field(hash: hash, time: time, json: unsafe add(json), isSettled: false))
            return
        }
        var end = first
        while end < fields.count, fields[end].hash == hash { end += 1 }
        if fields[first].isSettled {
            if fields[first].time <= streamTime {
                if time < fields[first].time { return }
                if end == first + 1, unsafe ByteText.areEqual(text(fields[first].json), json) {
                    fields[first].time = time
                    return
                }
            } else if time < fields[first].time {
                // It was so until stream time, and was said again behind it.
                fields.insert(fields[first], at: first + 1)
                fields[first].time = streamTime
                fields[first + 1].isSettled = false
                end += 1
            }
        }
        var index = end
        while index > first, fields[index - 1].time > time { index -= 1 }
        let isSame =
            unsafe index > first && ByteText.areEqual(text(fields[index - 1].json), json)
        let piece = isSame ? fields[index - 1].json : unsafe add(json)
        fields.insert(Field(hash: hash, time: time, json: piece, isSettled: false), at: index)
        if end - first >= Self.mostSayings { fields.remove(at: first + 1) }
    }
}
