/// Writes any characters with letters, digits and hyphens, and back.
///
/// - Source: RFC 3492.
enum Punycode {
    private static let base = 36
    private static let firstBeyondASCII = 0x80
    /// Longer labels are none of a host name.
    private static let longest = 256

    static func decode(_ text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        guard text.count <= longest else { return nil }
        var output: [Unicode.Scalar] = []
        var rest = text[...]
        if let hyphen = text.lastIndex(of: "-") {
            output = Array(text[..<hyphen])
            rest = text[(hyphen + 1)...]
        }
        guard !rest.isEmpty else { return nil }
        var value = firstBeyondASCII
        var position = 0
        var bias = 72
        var isFirst = true
        while !rest.isEmpty {
            guard let delta = takeNumber(&rest, bias) else { return nil }
            position += delta
            let count = output.count + 1
            bias = adapt(delta, count: count, isFirst: isFirst)
            isFirst = false
            value += position / count
            position %= count
            guard value <= 0x10FFFF, let scalar = Unicode.Scalar(UInt32(value)) else { return nil }
            output.insert(scalar, at: position)
            position += 1
        }
        return output
    }

    static func encode(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        guard scalars.count <= longest else { return nil }
        var output = scalars.filter(\.isASCII)
        let plainCount = output.count
        if plainCount > 0 { output.append("-") }
        var value = firstBeyondASCII
        var delta = 0
        var bias = 72
        var handled = plainCount
        while handled < scalars.count {
            let next = scalars.map { Int($0.value) }.filter { $0 >= value }.min() ?? value
            delta += (next - value) * (handled + 1)
            value = next
            for scalar in scalars {
                if scalar.value < value { delta += 1 }
                guard scalar.value == value else { continue }
                append(delta, bias, to: &output)
                bias = adapt(delta, count: handled + 1, isFirst: handled == plainCount)
                delta = 0
                handled += 1
            }
            delta += 1
            value += 1
        }
        return output
    }

    private static func takeNumber(_ rest: inout ArraySlice<Unicode.Scalar>, _ bias: Int) -> Int? {
        var (number, weight, place) = (0, 1, base)
        while let scalar = rest.popFirst() {
            guard let digit = digit(of: scalar) else { return nil }
            let product = digit.multipliedReportingOverflow(by: weight)
            guard !product.overflow, product.partialValue < 1 << 40 else { return nil }
            number += product.partialValue
            let threshold = threshold(place, bias)
            if digit < threshold { return number < 1 << 40 ? number : nil }
            let grown = weight.multipliedReportingOverflow(by: base - threshold)
            guard !grown.overflow else { return nil }
            weight = grown.partialValue
            place += base
        }
        return nil
    }

    private static func append(_ delta: Int, _ bias: Int, to output: inout [Unicode.Scalar]) {
        var rest = delta
        var place = base
        while true {
            let threshold = threshold(place, bias)
            if rest < threshold { break }
            output.append(character(threshold + (rest - threshold) % (base - threshold)))
            rest = (rest - threshold) / (base - threshold)
            place += base
        }
        output.append(character(rest))
    }

    private static func threshold(_ place: Int, _ bias: Int) -> Int {
        min(max(place - bias, 1), 26)
    }

    private static func adapt(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var place = 0
        while delta > 455 {
            delta /= base - 1
            place += base
        }
        return place + base * delta / (delta + 38)
    }

    private static func digit(of scalar: Unicode.Scalar) -> Int? {
        switch scalar {
        case "a"..."z": Int(scalar.value) - 97
        case "0"..."9": Int(scalar.value) - 48 + 26
        default: nil
        }
    }

    private static func character(_ digit: Int) -> Unicode.Scalar {
        Unicode.Scalar(UInt8(digit < 26 ? digit + 97 : digit - 26 + 48))
    }
}
