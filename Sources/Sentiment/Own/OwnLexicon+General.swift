/// Words of feeling that are no words of trade: of people, of the day's talk and of the news.
extension OwnLexicon {
    static let general = [
        Group(
            valence: 2.8,
            words: """
                lmao lmfao rofl haha hahaha hahah hehe woohoo woot hurray hallelujah glorious \
                glory triumph triumphant triumphs magical enchanting breathtaking mesmerizing \
                joyous jubilant elated euphoric overjoyed stoked sweetheart beloved darling
                """),
        Group(
            valence: 2.2,
            words: """
                lol lols yay blessings miracle miraculous romantic romance passionate passion \
                affection affectionate tender tenderness compassion compassionate kindness kind \
                sweet sweetly sweetest lovable likable likeable friend friends friendship friendliest \
                laughter cheerful cheerfully cheer cheering merry festive playful \
                witty humor humorous humour wit amusing amused comedy entertaining entertain \
                fascinated fascinating captivating compelling gripping riveting moving touching \
                heartfelt heartwarming uplifting poignant powerful masterful masterfully talented \
                talent genius gifted skillful skilled imaginative imagination insightful \
                intelligent intelligence wisdom courageous courage brave bravery bold boldly noble \
                dignity honor honored honour honoured admirable admirably inspiring inspired \
                inspiration victorious thrive thrives thriving prosper prosperity \
                prosperous flourish flourishing peaceful peacefully harmony freedom liberty justice \
                excited exhilarating thrilling thrill thrills dazzling splendid exquisite majestic
                """),
        Group(
            valence: 1.5,
            words: """
                welcome congratulate accomplished accomplish accomplishment achievement achievements \
                achieve achieved achieves progress progressive growth gain gains gained grow growing \
                strengthen strengthened strengthens rescue rescued heal healed healing healthy cure \
                cured protect protected protects support supported encourage encouraged encouraging \
                encouragement agreement cooperate cooperation solution solutions opportunity \
                opportunities advance advanced advances ambitious energetic energy alive \
                lucky luckier gently gentle warmhearted sincerity truth truthful respect respected \
                respectful respects celebrate celebrating celebration party partying holiday \
                vacation chill relax wonder wonders favor favour favored credible \
                outgoing sociable worthy deserve deserves deserved earn earned grace graceful charm \
                lush scenic picturesque vivacious feisty original subtle engaging engage \
                engaged sympathetic believable authentic absorbing tasteful memorable
                """),
        Group(
            valence: -1.6,
            words: """
                argue argues argued arguing argument oppose opposed opposes opposition protest \
                protests protested criticize criticized criticised criticism criticisms critic \
                controversial controversy scandal scandals accuse accused accuses accusation \
                accusations allegation alleged allegedly conflict conflicts tension tensions \
                pressure burden burdens struggle struggles struggled struggling obstacle obstacles \
                setback setbacks decline declines declining debt debts deficit deficits recession \
                unemployed unemployment poverty penalty penalties ban banned \
                bans prohibit prohibited forbidden resign resigned fired layoff \
                layoffs strike strikes block blocked blocks lonely lonesome alone homesick bitterly \
                jealous jealousy envy guilty guilt shy nervous nervously tense uneasy awkwardness \
                embarrassed embarrassing embarrassment clueless meh blah bleh bummer bummed sigh \
                sighs yawn predictable predictably cliche cliched cliches contrived formulaic \
                derivative pretentious tedium dreary drab dated forgettable shallow hollow \
                superficial sentimental overlong plodding uninspired uninteresting unfunny \
                unoriginal unconvincing amateurish muddled incoherent pedestrian lifeless lame \
                lamely stale humorless manipulative
                """),
        Group(
            valence: -2.3,
            words: """
                ugh ughh grr grrr ew eww yuck yikes argh smh facepalm damnit dammit \
                depressing depressed depression depress grief grieving mourn mourning sorrow \
                heartbroken heartbreaking heartbreak devastating devastated tragic tragically \
                tragedy crisis crises collapse collapsed collapses bankrupt bankruptcy corrupt \
                corruption crime crimes criminal criminals prison jail jailed arrest arrested \
                convicted steal smuggling violation violations violate violated \
                lawless violent violence attack attacks attacked assault assaulted weapon weapons \
                enemy enemies invade invaded invasion threat injured injury injuries wound wounded \
                wounds pain sickness disease diseases cancer virus infection plague \
                epidemic famine starving starvation starve homeless orphan addict \
                addicted addiction drunk insane psycho evil wicked cruel cruelty cruelly \
                brutal brutally brutality ruthless merciless savage monstrous sinister ominous \
                bleak grim gloomy gloom dire panic panicked terrified terrifying terror horrified \
                horrifying horror frighten frightened frightening dreaded dread dreading loser \
                losers loneliness hateful racist racism sexist discrimination bully bullied \
                bullying torment tormented torture tortured ache aches aching vomit puke
                """),
        Group(
            valence: -3.1,
            words: """
                kill kills killed killing killer murder murders murdered murderer death deaths dead \
                deadly die dies died dying war wars bomb bombs bombed bombing terrorist terrorists \
                terrorism massacre genocide slaughter slaughtered rape raped rapist suicide suicidal \
                lethal fatal fatally fatality fatalities hell bastard bastards bitch asshole
                """),
    ]
}
