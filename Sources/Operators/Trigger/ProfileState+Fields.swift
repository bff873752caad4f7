internal import Events

/// What is known of the fields, as of a moment.
///
/// An event may be ahead of stream time. What it says of a field counts for what is decided later
/// than its time, and not for what is decided before, however early it came: so a decision is the
/// same in whatever order the events came, as long as none is late. Further events of the time that
/// stream time shows may come, so what was said at it or later waits; the rest is settled.
extension ProfileState {
    /// So many times a field is said at stream time or ahead of it at the most; of more, some are
    /// forgotten.
    static let mostSayings = 64

    /// Until when fields are settled at a stream time: further events of that very time may come.
    static func settled(at streamTime: Int64) -> Int64 { streamTime.addingSaturated(-1) }

    /// What was said of a field until a moment, that included, which is not before what is settled.
    func field(_ hash: UInt64, at moment: Int64) -> Field? {
        var found: Field?
        for field in fields where field.hash == hash && (field.isSettled || field.time <= moment) {
            found = field
        }
        return found
    }

    /// Nothing that is said until `moment`, that included, can come any more but late: of what was
    /// said until then the last of each field is left. Returns whether another value counts now of a
    /// field that `isMeant`.
    mutating func settleFields(at moment: Int64, _ isMeant: (UInt64) -> Bool) -> Bool {
        var hasChanged = false
        var first = 0
        while first < fields.count {
            var end = endOfSayings(from: first)
            var last = end - 1
            while last >= first, fields[last].time > moment { last -= 1 }
            if last >= first, !fields[last].isSettled {
                let isSame = fields[first].isSettled && saysSame(first, last)
                fields[last].isSettled = true
                hasChanged = hasChanged || !isSame && isMeant(fields[last].hash)
            }
            if last > first {
                fields.removeSubrange(first..<last)
                end -= last - first
            }
            first = end
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

    /// Takes over what an event says of a field, unless something later is settled. `settled`: until
    /// when fields are settled; they have to be again when the event is not later than that.
    mutating func set(
        _ hash: UInt64, to json: UnsafeRawBufferPointer, at time: Int64, settled: Int64
    ) {
        guard let first = fields.firstIndex(where: { $0.hash == hash }) else {
            fields.append(
                Field(hash: hash, time: time, json: unsafe add(json), isSettled: false))
            return
        }
        var end = endOfSayings(from: first)
        var index = end
        if fields[first].isSettled {
            if time < fields[first].time { return }
            if time <= settled, unsafe ByteText.areEqual(text(fields[first].json), json) {
                fields[first].time = time
                return
            }
        }
        while index > first, fields[index - 1].time > time { index -= 1 }
        let isSame =
            unsafe index > first && ByteText.areEqual(text(fields[index - 1].json), json)
        if isSame, fields[index - 1].time == time { return }
        let piece = isSame ? fields[index - 1].json : unsafe add(json)
        fields.insert(Field(hash: hash, time: time, json: piece, isSettled: false), at: index)
        end += 1
        // Those behind it that say the same repeat it now.
        var next = index + 1
        while next < end, saysSame(index, next) {
            fields[next].json = piece
            next += 1
        }
        if time > settled, end - first > Self.mostSayings { forgetOne(of: first..<end) }
    }

    /// Of too many sayings of a field one goes: a repetition, best one that a further one follows,
    /// since a change that is still to come between them then lasts no longer than until that. When
    /// all are changes, the one whose neighbours are closest to each other.
    private mutating func forgetOne(of sayings: Range<Int>) {
        let ahead = sayings.dropFirst()
        let repetition =
            ahead.dropLast().first { isRepeated($0) && isRepeated($0 + 1) }
            ?? ahead.first { isRepeated($0) }
        let closest = ahead.dropLast().min { gap(around: $0) < gap(around: $1) }
        guard let place = repetition ?? closest else { return }
        fields.remove(at: place)
    }

    private func gap(around index: Int) -> Int64 { fields[index + 1].time - fields[index - 1].time }

    /// The end of the entries of a field, of which the first is known.
    private func endOfSayings(from first: Int) -> Int {
        var end = first + 1
        while end < fields.count, fields[end].hash == fields[first].hash { end += 1 }
        return end
    }

    private func saysSame(_ left: Int, _ right: Int) -> Bool {
        unsafe ByteText.areEqual(text(fields[left].json), text(fields[right].json))
    }
}
