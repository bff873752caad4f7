/// A value of a model file, from JSON or UBJ.
///
/// Lists of numbers, which are most of a model, lie as plain numbers one after the other.
indirect enum ModelValue: Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case numbers([Double])
    case list([ModelValue])
    case object([(name: String, value: ModelValue)])

    /// The member of an object called `name`.
    subscript(name: String) -> ModelValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The names of an object's members, in the order of the file.
    var names: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.name)
    }

    /// A number, also one that is written as text, as XGBoost does.
    var number: Double? {
        switch self {
        case .number(let number): number
        case .string(let text): Double(text)
        default: nil
        }
    }

    var string: String? {
        guard case .string(let string) = self else { return nil }
        return string
    }

    /// The elements of a list of numbers.
    var numbers: [Double]? {
        switch self {
        case .numbers(let numbers): numbers
        case .list(let values) where values.isEmpty: []
        default: nil
        }
    }

    var list: [ModelValue]? {
        switch self {
        case .list(let values): values
        case .numbers(let numbers): numbers.map { .number($0) }
        default: nil
        }
    }

    var strings: [String]? {
        guard let list else { return nil }
        let strings = list.compactMap(\.string)
        return strings.count == list.count ? strings : nil
    }
}

extension ModelValue {
    /// A list of values, as numbers when it holds nothing else.
    init(list values: [ModelValue]) {
        let numbers = values.compactMap { value -> Double? in
            if case .number(let number) = value { number } else { nil }
        }
        self = numbers.count == values.count ? .numbers(numbers) : .list(values)
    }

    // MARK: What a model must have

    func require(_ name: String, in place: String) throws(ModelProblem) -> ModelValue {
        guard let value = self[name] else {
            throw ModelProblem("\(place) has no '\(name)'", remedy: "write the model again")
        }
        return value
    }

    func requireNumber(_ name: String, in place: String) throws(ModelProblem) -> Double {
        guard let number = try require(name, in: place).number, !number.isNaN else {
            throw ModelProblem("'\(name)' of \(place) is no number")
        }
        return number
    }

    func requireNumbers(_ name: String, in place: String) throws(ModelProblem) -> [Double] {
        guard let numbers = try require(name, in: place).numbers else {
            throw ModelProblem("'\(name)' of \(place) is no list of numbers")
        }
        return numbers
    }

    /// A whole number from 0 to `limit`.
    func requireCount(
        _ name: String, in place: String, limit: Int
    ) throws(ModelProblem) -> Int {
        let number = try requireNumber(name, in: place)
        guard let count = Int(exactly: number), (0...limit).contains(count) else {
            throw ModelProblem("'\(name)' of \(place) is \(number), not from 0 to \(limit)")
        }
        return count
    }
}
