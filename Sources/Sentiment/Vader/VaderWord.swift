/// What VADER knows of a word.
struct VaderWord: Sendable {
    /// `nan` for a word that is in none of the lexicon's lines.
    var valence = Double.nan
    /// How much it strengthens or weakens what follows; 0 for most.
    var boost = 0.0
    var isNegation = false
    /// One of the words that the rules name.
    var name = Name.other

    /// The words that the rules name.
    enum Name: UInt8, Sendable {
        case other, no, or, nor, least, at, very, but, never, so, this, without, doubt
        case kind, sort, of, just, enough
        case the, shit, bomb, bad, ass, bus, stop, yeah, right, kiss, death, to, die, `for`
        case beating, heart
    }

    var isInLexicon: Bool { !valence.isNaN }
}

/// The words of VADER's rules, as Hutto and Gilbert published them (ICWSM 2014; release 3.3.2).
enum VaderRules {
    static let boost = 0.293
    static let capitals = 0.733
    static let negation = -0.74
    static let exclamation = 0.292
    static let question = 0.18
    static let mostQuestions = 0.96

    static let names: [(String, VaderWord.Name)] = [
        ("no", .no), ("or", .or), ("nor", .nor), ("least", .least), ("at", .at), ("very", .very),
        ("but", .but), ("never", .never), ("so", .so), ("this", .this), ("without", .without),
        ("doubt", .doubt), ("kind", .kind), ("sort", .sort), ("of", .of), ("just", .just),
        ("enough", .enough), ("the", .the), ("shit", .shit), ("bomb", .bomb), ("bad", .bad),
        ("ass", .ass), ("bus", .bus), ("stop", .stop), ("yeah", .yeah), ("right", .right),
        ("kiss", .kiss), ("death", .death), ("to", .to), ("die", .die), ("for", .for),
        ("beating", .beating), ("heart", .heart),
    ]

    static let negations = """
        aint arent cannot cant couldnt darent didnt doesnt ain't aren't can't couldn't daren't \
        didn't doesn't dont hadnt hasnt havent isnt mightnt mustnt neither don't hadn't hasn't \
        haven't isn't mightn't mustn't neednt needn't never none nope nor not nothing nowhere \
        oughtnt shant shouldnt uhuh wasnt werent oughtn't shan't shouldn't uh-uh wasn't weren't \
        without wont wouldnt won't wouldn't rarely seldom despite
        """

    static let boosters = """
        absolutely amazingly awfully completely considerable considerably decidedly deeply effing \
        enormous enormously entirely especially exceptional exceptionally extreme extremely \
        fabulously flipping flippin frackin fracking fricking frickin frigging friggin fully \
        fuckin fucking fuggin fugging greatly hella highly hugely incredible incredibly intensely \
        major majorly more most particularly purely quite really remarkably so substantially \
        thoroughly total totally tremendous tremendously uber unbelievably unusually utter utterly \
        very
        """

    static let dampeners = """
        almost barely hardly kinda kindof kind-of less little marginal marginally occasional \
        occasionally partly scarce scarcely slight slightly somewhat sorta sortof sort-of
        """

    /// Sequences of words with a valence of their own. What stands first counts first.
    static let idioms: [(words: [VaderWord.Name], valence: Double)] = [
        ([.the, .shit], 3), ([.the, .bomb], 3), ([.bad, .ass], 1.5), ([.bus, .stop], 0),
        ([.yeah, .right], -2), ([.kiss, .of, .death], -1.5), ([.to, .die, .for], 3),
        ([.beating, .heart], 3.5),
    ]

    /// Sequences that weaken what follows.
    static let weakenings: [[VaderWord.Name]] = [
        [.just, .enough], [.kind, .of], [.sort, .of],
    ]

    static func table(_ lexicon: ValenceLexicon) -> WordTable<VaderWord> {
        var table = WordTable<VaderWord>()
        func change(_ text: some StringProtocol, _ body: (inout VaderWord) -> Void) {
            body(&table[Array(text.utf8), default: VaderWord()])
        }
        for entry in lexicon.entries { change(entry.text) { $0.valence = entry.valence } }
        for (text, name) in names { change(text) { $0.name = name } }
        for word in negations.split(separator: " ") { change(word) { $0.isNegation = true } }
        for word in boosters.split(separator: " ") { change(word) { $0.boost = boost } }
        for word in dampeners.split(separator: " ") { change(word) { $0.boost = -boost } }
        return table
    }
}
