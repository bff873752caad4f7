/// VADER: the valence of words, and rules of what stands around them.
///
/// The compound score, and the positive, neutral and negative parts, are those of the reference
/// implementation, release 3.3.2, for texts of up to 4,096 words; what comes behind those is not
/// read. Where the reference does other than its paper says, this does as the reference.
///
/// - Source: C. J. Hutto and E. Gilbert, VADER: A Parsimonious Rule-based Model for Sentiment
///   Analysis of Social Media Text, ICWSM 2014.
public final class VaderAnalyzer {
    private var emoji: EmojiText
    private var tokens: VaderTokens
    private var valences: [Double] = []

    /// - Parameters:
    ///   - lexicon: The valences of words and emoticons.
    ///   - emoji: The file of emoji and their descriptions, which are read in their place.
    /// - Throws: A ``LexiconError`` when the file of emoji can't be used.
    public init(lexicon: ValenceLexicon, emoji: String? = nil) throws(LexiconError) {
        self.emoji = EmojiText(
            emoji == nil ? EmojiDescriptions() : try EmojiDescriptions(emoji ?? ""))
        tokens = VaderTokens(VaderRules.table(lexicon))
    }

    /// What a text in UTF-8 says.
    public func analyze(_ text: UnsafeRawBufferPointer) -> Opinion {
        if unsafe emoji.replace(in: text) {
            unsafe emoji.result.withUnsafeBytes { unsafe tokens.read($0) }
        } else {
            unsafe tokens.read(text)
        }
        valences.removeAll(keepingCapacity: true)
        let list = tokens.list
        let hasSomeCapitals = Self.hasSomeCapitals(list)
        for index in list.indices {
            valences.append(
                VaderValence(tokens: list, index: index, hasSomeCapitals: hasSomeCapitals).value)
        }
        if let but = list.firstIndex(where: { $0.name == .but }) { weigh(around: but) }
        return opinion()
    }

    /// Whether some words are in capitals and others are not.
    private static func hasSomeCapitals(_ tokens: [VaderTokens.Token]) -> Bool {
        var count = 0
        for token in tokens where token.isUpper { count += 1 }
        return count > 0 && count < tokens.count
    }

    /// What stands in front of "but" counts half, what stands behind it half as much again.
    ///
    /// The reference looks for each valence from the start of the text, so where one occurs more
    /// than once it is the first that changes.
    private func weigh(around but: Int) {
        for position in valences.indices {
            let valence = valences[position]
            guard let first = valences.firstIndex(of: valence) else { continue }
            if first < but {
                valences[first] = valence * 0.5
            } else if first > but {
                valences[first] = valence * 1.5
            }
        }
    }

    private func opinion() -> Opinion {
        var opinion = Opinion()
        guard !valences.isEmpty else { return opinion }
        var (sum, positive, negative, neutral) = (0.0, 0.0, 0.0, 0.0)
        for valence in valences {
            sum += valence
            if valence > 0 {
                positive += valence + 1
            } else if valence < 0 {
                negative += valence - 1
            } else {
                neutral += 1
            }
        }
        let emphasis = punctuationEmphasis
        if sum > 0 { sum += emphasis }
        if sum < 0 { sum -= emphasis }
        if positive > abs(negative) {
            positive += emphasis
        } else if positive < abs(negative) {
            negative -= emphasis
        }
        let total = positive + abs(negative) + neutral
        opinion.compound = min(max(sum / (sum * sum + 15).squareRoot(), -1), 1)
        opinion.positive = positive / total
        opinion.negative = abs(negative) / total
        opinion.neutral = neutral / total
        opinion.label =
            opinion.compound >= 0.05 ? .positive : opinion.compound <= -0.05 ? .negative : .neutral
        if opinion.neutral == 1 { opinion.label = .none }
        opinion.confidence = max(abs(opinion.compound), 1 - opinion.positive - opinion.negative)
        return opinion
    }

    private var punctuationEmphasis: Double {
        let questions = tokens.questions
        let asked =
            questions <= 1
            ? 0
            : questions <= 3 ? Double(questions) * VaderRules.question : VaderRules.mostQuestions
        return Double(min(tokens.exclamations, 4)) * VaderRules.exclamation + asked
    }
}

extension VaderAnalyzer {
    /// Checks a file of emoji and their descriptions.
    public static func check(emoji: String) throws(LexiconError) {
        _ = try EmojiDescriptions(emoji)
    }
}
