/// Reads emoji as their descriptions.
struct EmojiText {
    private let descriptions: EmojiDescriptions
    /// The text that ``replace(in:)`` made.
    private(set) var result: [UInt8] = []

    init(_ descriptions: EmojiDescriptions) { self.descriptions = descriptions }

    /// Puts the text with descriptions in place of emoji into `result`; false when it has none.
    ///
    /// A space goes in front of a description unless one is there; none behind it.
    mutating func replace(in text: UnsafeRawBufferPointer) -> Bool {
        guard descriptions.count > 0, let first = unsafe firstEmoji(in: text) else { return false }
        result.removeAll(keepingCapacity: true)
        unsafe result.append(contentsOf: text[..<first])
        var isBehindSpace = first == 0 || result.last == UInt8(ascii: " ")
        var position = first
        while position < text.count {
            let scalar = unsafe UTF8Scalar(text, at: position)
            if let description = descriptions.description(of: scalar.value) {
                if !isBehindSpace { result.append(UInt8(ascii: " ")) }
                result.append(contentsOf: description)
                isBehindSpace = false
            } else {
                unsafe result.append(contentsOf: text[position..<position + scalar.length])
                isBehindSpace = scalar.value == 0x20
            }
            position += scalar.length
        }
        return true
    }

    private func firstEmoji(in text: UnsafeRawBufferPointer) -> Int? {
        var position = 0
        while position < text.count {
            if unsafe text[position] < 0x80 {
                position += 1
                continue
            }
            let scalar = unsafe UTF8Scalar(text, at: position)
            if descriptions.description(of: scalar.value) != nil { return position }
            position += scalar.length
        }
        return nil
    }
}
