/// The lexicon of the engine `millrace`, written for this project: the words in which customers
/// speak of goods, prices, shops, deliveries and service.
///
/// A group has a valence, from -4 to 4, and words that have it. Of verbs all regular forms are
/// meant; of adjectives in `both`, the adverb too.
enum OwnLexicon {
    struct Group {
        let valence: Double
        var words = ""
        var verbs = ""
        var both = ""
    }

    static let groups = general + positive + negative

    /// Every word with its valence. What is named twice has the later valence.
    static var entries: [(word: String, valence: Double)] {
        groups.flatMap { group in
            let words =
                split(group.words) + split(group.verbs).flatMap(EnglishForms.ofVerb)
                + split(group.both).flatMap { [$0, EnglishForms.adverb(of: $0)] }
            return words.map { ($0, group.valence) }
        }
    }

    private static func split(_ words: String) -> [String] {
        words.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private static let positive = [
        Group(
            valence: 3.4,
            words: """
                awesome amazing best phenomenal perfection masterpiece unbeatable flawless \
                flawlessly perfect perfectly wow magnificent spectacular
                """,
            both: "outstanding exceptional superb fantastic incredible marvelous brilliant"),
        Group(
            valence: 3,
            words: """
                excellent excellence fabulous terrific wonderful wonderfully stunning stunningly \
                gorgeous beautifully beautiful beauty loved love loves loving lovely delighted \
                delightful delight delights thrilled ecstatic heavenly divine blown stellar \
                sensational extraordinary topnotch top-notch world-class worldclass first-class \
                unmatched unrivaled unrivalled unparalleled dream dreamy bliss adore adores adored \
                godsend lifesaver gem kudos bravo hooray yay yum yummy delicious
                """),
        Group(
            valence: 2.5,
            words: """
                great greatest happy happier happiest happily happiness joy joyful glad gladly \
                superior win winner wins winning success successful successfully impressive \
                impressed impressively enjoyable fun funny hilarious favorite favourite favorites \
                favourites elegant elegantly classy luxurious luxury premium charming charm cozy \
                cosy comfy crisp vivid vibrant brilliantly unbeaten bargain steal proud proudly \
                heroic hero heroes champion celebrate celebrated grateful gratitude thankful \
                blessed blessing prompt promptly courteous courteously gracious hospitable \
                trustworthy treasure treasured ideal ideally sublime rocks rocked cool nice nicer \
                nicest nicely pleased pleasure pleasing pleasantly pleasant satisfied satisfying \
                satisfaction satisfactory
                """,
            verbs: "impress enjoy thank appreciate admire amaze recommend excel excite delight"),
        Group(
            valence: 2,
            words: """
                good goodness better well-made well-built wellmade sturdy solid solidly durable \
                durability reliability dependable sleek stylish trendy fashionable attractive cute \
                pretty handsome sexy adorable neat slick snazzy hip affordable affordably \
                affordability inexpensive economical economically frugal cost-effective \
                value-for-money worthwhile worth versatile versatility handy convenience convenient \
                conveniently helpful helpfully friendliness attentive caring kindly polite politely \
                professional professionally professionalism knowledgeable competent responsive \
                considerate thoughtful patient patiently welcoming welcomed honest honestly \
                honesty sincere sincerely generous generously genuine authentic fair fairly \
                transparent accurate accurately precise precisely precision effective effectively \
                efficiency innovative creative clever cleverly ingenious intuitive intuitively \
                effortless effortlessly seamless seamlessly hassle-free painless painlessly \
                user-friendly userfriendly foolproof ergonomic lightweight light-weight compact \
                portable portability rugged robust robustly tough waterproof speedy \
                speedily lightning snappy instant instantly swift swiftly punctual timely \
                on-time fresh fragrant tasty flavorful juicy refreshing soft soothing relaxing \
                relaxed rich richly colorful colourful lively radiant shiny clean cleanly tidy \
                spotless pristine immaculate organized organised roomy spacious breathable snug \
                flattering exciting excited interesting entertaining enthusiastic eager hopeful \
                optimistic confident confidence reassuring reassured peace safe safely safety \
                secure securely smart smarter smartly brainy wise wisely quality high-quality \
                highquality thanks thx ty cheers congrats congratulations hooked fan fans upgrade \
                upgraded advantage advantages benefit benefits beneficial bonus perk perks \
                pros asset gift gifted ease eases easily easy easier easiest breeze simplicity \
                resolved lucky luckily fortunate fortunately useful usefully usability usable
                """,
            verbs: """
                like please satisfy improve benefit welcome reward support assist resolve \
                comfort inspire compliment cherish praise
                """,
            both: "reliable comfortable efficient quick fast smooth friendly accessible"),
        Group(
            valence: 1.5,
            words: """
                fine decent decently respectable simple simply straightforward clear \
                clearly clarity sharp sharply sharpness bright brightly brightness slim thin quiet \
                quietly silent silently stable stably sound strong strongly stronger strength \
                healthy health hygienic ample plentiful plenty abundant variety flexible \
                flexibility adjustable customizable customisable expandable modern contemporary \
                classic unique special distinctive original rare functional functionality capable \
                capability able enabled productive active ready available free complimentary \
                discount discounted savings save saves saved saving reasonably \
                reasonable sensible acceptable acceptably adequate adequately suitable suitably \
                appropriate compatible matched fits fit fitting warm warmly warmth smile smiles \
                smiled smiling laugh laughs laughed laughing hug hugs kiss kisses hope hopes \
                hoping luck promising popular trusted trust trusts loyal loyalty faithful approve \
                approved accept accepted award awards awarded victory calm calming natural \
                organic nutritious eco-friendly sustainable ethical supportive understanding \
                responded fixed repaired refunded solved long-lasting longlasting \
                lasts lasting lasted works worked working improvement improvements \
                improved intact undamaged unharmed
                """),
        Group(
            valence: 1,
            words: """
                ok okay alright yes yeah yep sure agree agreed cheap \
                passable standard wide complete \
                loaded packed includes included extra extras \
                fond keen curious surprised surprisingly delivered \
                arrived early earlier
                """),
    ]

    private static let negative = [
        Group(
            valence: -3.4,
            words: """
                worst horrendous horrific atrocious abysmal appalling appalled disgusting \
                disgusted disgust disgusts disgrace disgraceful despicable scam scams scammed \
                scammer scammers fraud frauds fraudulent vile nightmare nightmares hate hates hated \
                hating hateful loathe loathes loathed detest detests detested crooks crook thief \
                thieves theft rip-off ripoff ripped-off abomination catastrophe catastrophic \
                disaster disasters disastrous unacceptable inexcusable outrageous outraged
                """),
        Group(
            valence: -3,
            words: """
                dreadful garbage trash rubbish junk crap crappy shit shitty sucks suck \
                sucked sucking bullshit pathetic pathetically useless uselessly worthless \
                unusable unsafe dangerous dangerously hazard hazardous toxic poisonous poisoned \
                rotten rancid moldy mouldy maggot infested filthy nasty gross revolting repulsive \
                sickening insulting insult insulted rude rudely rudeness abusive abuse abused \
                cheat cheats cheated cheating liar liars lie lies lied lying deceive deceived \
                deceptive deceptively misleading mislead misled dishonest dishonestly shameful \
                shame shameless furious furiously rage enraged livid angry angrily anger pissed \
                stole stolen stealing steals robbery robbed rob unprofessional incompetent \
                incompetence inept clueless negligent negligence ridiculous ridiculously absurd \
                fuck fucked fucking damn damned hell stupid stupidly idiot idiots idiotic \
                moron morons dumb
                """,
            both: "terrible horrible awful"),
        Group(
            valence: -2.5,
            words: """
                bad badly worse worsened poor poorly poorer poorest lousy inferior shoddy subpar \
                sub-par substandard defective defect defects faulty fault faults broken broke \
                breaks breaking unreliable unreliability untrustworthy disappointment \
                disappointments unhappy unhappily unhappiness dissatisfied \
                dissatisfaction dissatisfying unsatisfied unsatisfactory unsatisfying displeased \
                upset upsets upsetting upsettingly miserable miserably misery sad sadly sadness \
                saddened regret regrets regretted regretting regrettable regrettably painful \
                painfully pain pains hurt hurts hurting hurtful suffer suffers suffered suffering \
                stinks stink stinky smelly foul reeks flimsy flimsily fragile ugly ugliest hideous \
                unpleasant unpleasantly uncomfortable uncomfortably unfriendly unhelpful unfair \
                unfairly unjust unwilling ignorant arrogant arrogance condescending dismissive \
                impolite disrespectful disrespect hostile aggressive harass harassed harassment \
                threat threats threatened blame blamed damaged damage damages damaging ruined ruin \
                ruins ruining destroyed destroy destroys destroying wrecked shattered cracked \
                crushed torn ripped leaked leaking leaks leaky leak counterfeit fake fakes \
                knockoff bogus unauthorized unauthorised illegal overcharged overcharge \
                overcharges overcharging overpriced extortionate pricey pricy costly waste wasted \
                wastes wasteful wasting fail fails failed failing failure failures fiasco mess \
                messed messy messes chaos chaotic cons hopeless hopelessly helpless inadequate \
                inadequately insufficient inconvenience inconvenienced inconvenient inconveniently \
                cry cries cried crying tears
                """,
            verbs: """
                disappoint annoy frustrate irritate infuriate aggravate anger exasperate offend
                """),
        Group(
            valence: -2,
            words: """
                problem problems problematic issue issues trouble troubles troubled troublesome \
                difficulty difficulties difficult tedious tiresome cumbersome clumsy clumsily \
                clunky awkward awkwardly bulky complicated confusing confused confusion confuses \
                unclear unintuitive counterintuitive tricky hassle hassles nuisance headache \
                headaches bother bothers bothered bothersome inconsistent inconsistently erratic \
                unstable unpredictable unresponsive unanswered ignored ignore ignores ignoring \
                neglected neglect careless carelessly sloppy lazy bug bugs buggy glitch glitches \
                glitchy crash crashes crashed crashing freeze freezes froze frozen lag lags laggy \
                lagging hang hangs hung stuck jam jams jammed malfunction malfunctions \
                malfunctioned malfunctioning error errors mistake mistakes mistaken incorrect \
                incorrectly inaccurate inaccurately wrong wrongly mismatched missing misses missed \
                lost lose loses losing loss losses incomplete unfinished expired outdated obsolete \
                stale dirty stained stain stains scratched scratches scratch scratchy dented dent \
                dents chipped faded fades fade frayed rusted rusty rust worn tore tear noisy noise \
                loudly grainy blurry blurred fuzzy dim dull bland tasteless boring bored bores \
                mediocre meh underwhelming underwhelmed unimpressed unimpressive lackluster \
                lacklustre disapprove disapproved doubt doubtful doubts doubtfully suspicious \
                suspiciously worry worries worried worrying worrisome concern concerns concerned \
                anxious afraid fear fears scared scary shocked shocking shockingly alarmed \
                alarming stress stressed stressful exhausted exhausting tired sick ill \
                allergic allergy itchy itch rash burn burns burned burnt burning overheats \
                overheated overheating slow slower slowest slowly sluggish sluggishly \
                late delay delays delayed delaying overdue postponed cancelled canceled \
                cancellation backordered unavailable out-of-stock sold-out shortage refused refuse \
                refuses refusing denied deny denies rejected declined complaint complaints \
                complain complains complained complaining grievance dispute disputed sue lawsuit \
                chargeback expensive unaffordable exorbitant excessive excessively overrated hidden \
                lack lacks lacked lacking absence cheaply shaky wobbly wobbles loose loosely \
                drains drain eats guzzles hog impossible unable incompatible \
                incompatibility limited limitation limitations restricts restrictive inflexible \
                finicky fussy temperamental quirky annoyance annoyances frustration frustrations \
                irritation unwanted unnecessary unnecessarily pointless meaningless silly foolish \
                weird weirdly strange strangely odd oddly unfortunate unfortunately alas \
                desperate desperately questionable dubious
                """),
        Group(
            valence: -1.5,
            words: """
                hard harder hardest heavy heavier heaviest weak weaker weakest weakness weaknesses \
                short shorter stiff rough harsh uneven crooked tight cramped crowded \
                cluttered thick stretched shrank shrunk shrinks shrink discontinued proprietary \
                plastic plasticky delicate smudge smudges smears sticky greasy oily soggy salty \
                bitter sour overcooked undercooked cold lukewarm empty dead dies died dying \
                disconnected disconnects disconnect dropped drops drop interrupts interrupted \
                interference distorted static garbled flicker flickers flickering unresolved \
                unsolved pending waiting waited unsure uncertain hesitant skeptical sceptical \
                reluctant reluctantly sorry apologize apologise apologies apology flaw flaws \
                flawed drawback drawbacks downside downsides disadvantage disadvantages shortcoming \
                shortcomings con caveat caveats misplaced misprint vague vaguely \
                unexplained unexpected unexpectedly warning warnings risk risks risky gimmick \
                gimmicky hype hyped overhyped wears
                """),
        Group(
            valence: -1,
            words: """
                average basic unremarkable forgettable small-print repair repairs \
                returned return returning returns refund refunds cancel cancelling canceling \
                unsubscribe minor occasional occasionally sometimes frequent frequently constantly \
                requires require required needs alas unless nope nah pity unlikely less fewer loud
                """),
    ]
}
