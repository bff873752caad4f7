/// The engine `millrace`: a lexicon of its own, read clause by clause.
///
/// What it does other than VADER: "no problems" is praise and "not the worst" is none; a long text
/// is as positive as its sentences, not as it is long; an emoticon is negated with its words; a
/// question is half an opinion; a text without an opinion says so.
public final class MillraceAnalyzer {
    /// What a text says of an aspect.
    public struct AspectOpinion: Hashable, Sendable {
        /// The position in the list of aspects.
        public let aspect: Int
        public let compound: Double
    }

    /// Opinions of less than this in all are none.
    private static let leastMass = 0.3
    /// The mass at which the compound score is half of what more of the same would make it.
    private static let halfMass = 1.2
    /// A compound score nearer to 0 is a balance.
    private static let balance = 0.1

    /// The opinions on aspects of the text that was analyzed last, in the order of the aspects.
    public private(set) var aspects: [AspectOpinion] = []

    /// Whether the text that was analyzed last was passed over as one in another language.
    public private(set) var isInOtherLanguage = false

    private let readsEnglishOnly: Bool
    private var units: OwnUnits
    private var reader: OpinionReader
    private let aspectCount: Int

    /// - Parameters:
    ///   - lexicon: Entries that are added, or that replace those of the engine's own lexicon.
    ///   - aspects: What opinions may be about.
    ///   - readsEnglishOnly: Whether a text that is plainly in another language has no opinion.
    public init(
        lexicon: ValenceLexicon? = nil, aspects: [SentimentAspect] = [],
        readsEnglishOnly: Bool = true
    ) {
        self.readsEnglishOnly = readsEnglishOnly
        let vocabulary = OwnVocabulary(lexicon: lexicon, aspects: aspects)
        units = OwnUnits(vocabulary)
        reader = OpinionReader(vocabulary)
        aspectCount = aspects.count
    }

    /// What stands behind the version of the engine's own lexicon: a text that changes with it.
    public static var ownLexicon: String {
        let words = OwnLexicon.entries.map { "\($0.word)\t\($0.valence)" }
        let phrases = OwnRules.phrases.flatMap { valence, list in list.map { "\($0)\t\(valence)" } }
        return (words + phrases).joined(separator: "\n")
    }

    /// What a text in UTF-8 says.
    public func analyze(_ text: UnsafeRawBufferPointer) -> Opinion {
        unsafe units.read(text)
        isInOtherLanguage = readsEnglishOnly && units.isInOtherLanguage
        if isInOtherLanguage {
            aspects.removeAll(keepingCapacity: true)
            var opinion = Opinion()
            opinion.neutral = 1
            opinion.confidence = 0.5
            return opinion
        }
        reader.read(units)
        var (positive, negative) = (0.0, 0.0)
        for opinion in reader.opinions {
            if opinion.value > 0 { positive += opinion.value } else { negative -= opinion.value }
        }
        if aspectCount > 0 { judgeAspects() }
        return opinion(positive: positive, negative: negative)
    }

    private func opinion(positive: Double, negative: Double) -> Opinion {
        var opinion = Opinion()
        let mass = positive + negative
        if units.wordCount > 0 || mass > 0 {
            // Words without an opinion weigh half as much as those with one.
            let silent = Double(max(0, units.wordCount - reader.opinions.count)) / 2
            let total = mass + silent
            if total > 0 {
                opinion.positive = positive / total
                opinion.negative = negative / total
                opinion.neutral = silent / total
            } else {
                opinion.neutral = 1
            }
        }
        opinion.compound = Self.compound(positive, negative)
        guard mass >= Self.leastMass else {
            opinion.label = .none
            opinion.confidence = 1 - mass / (2 * Self.leastMass)
            return opinion
        }
        if abs(opinion.compound) < Self.balance {
            opinion.label = .neutral
            opinion.confidence = 0.5
        } else {
            opinion.label = opinion.compound > 0 ? .positive : .negative
            opinion.confidence = Self.confidence(opinion.compound)
        }
        return opinion
    }

    /// The excess of one side over the other, of all that is said: it does not grow with the length
    /// of the text.
    private static func compound(_ positive: Double, _ negative: Double) -> Double {
        (positive - negative) / (positive + negative + halfMass)
    }

    /// How often texts with such a compound score are what they are called;
    /// `Docs/operators/sentiment.md` says where this was measured.
    private static func confidence(_ compound: Double) -> Double {
        let rest = 1 - abs(compound)
        return 1 - rest * rest / 2
    }

    private func judgeAspects() {
        aspects.removeAll(keepingCapacity: true)
        for aspect in 0..<aspectCount {
            var (positive, negative) = (0.0, 0.0)
            var isMentioned = false
            var last: Int32 = -1
            for mention in reader.mentions where Int(mention.aspect) == aspect {
                if isMentioned, mention.clause == last { continue }
                isMentioned = true
                last = mention.clause
                for opinion in reader.opinions where opinion.clause == mention.clause {
                    if opinion.value > 0 {
                        positive += opinion.value
                    } else {
                        negative -= opinion.value
                    }
                }
            }
            if isMentioned {
                aspects.append(
                    AspectOpinion(aspect: aspect, compound: Self.compound(positive, negative)))
            }
        }
    }
}
