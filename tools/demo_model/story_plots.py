"""Plot skeletons of the demo stories.

Every plot keeps its hero, its wish or thing, its helper and its setting in
slots, so whatever is introduced at the beginning is still true at the end.
Slots: h hero, f friend or helper, k a relative, x a creature, t the thing
("red kite"), noun ("kite"), home, spot and spot2 (places near home).
"""

import story_world as world
from story_engine import Story, with_article


# -- shared beats --------------------------------------------------------
def _set_weather(s, weather):
    s.weather = weather
    s.set(weather=weather, a_weather=with_article(weather))


def _setting(s):
    rng = s.rng
    home = rng.choice(list(world.HOMES))
    preposition, place = world.HOMES[home]
    where, spots = world.LANDMARKS[rng.choice(list(world.LANDMARKS))]
    spots = rng.sample(spots, 3)
    a_home = with_article(f"{rng.choice(world.HOME_ADJ)} {home}") + " " + rng.choice(where)
    s.set(home=a_home, in_home=f"{preposition} {a_home}", place=place,
          in_place=f"{preposition} the {place}", everyone=f"everyone {preposition} the {place}",
          spot=spots[0], spot2=spots[1], spot3=spots[2],
          trait=rng.choice(world.TRAITS), hobby=rng.choice(world.HOBBIES))
    _set_weather(s, rng.choices(list(world.WEATHER), [5, 3, 3, 2, 2])[0])


def _thing(s, choices):
    noun = s.rng.choice(list(choices))
    adjectives, (use, used) = world.THINGS[noun]
    thing = f"{s.rng.choice(adjectives)} {noun}"
    s.set(noun=noun, t=thing, a_t=with_article(thing), use=use, used=used,
          used_n=used.replace(" it", f" the {noun}", 1))
    return noun


def _opening(s):
    s.say("Once upon a time, [there was|there lived] {h.a} [named|called] {h}. {h.He} lived {in_home}.",
          "Once upon a time, [there was|there lived] {h.a} [named|called] {h} who lived {in_home}.",
          "Once upon a time, {in_home}, there lived {h.a} [named|called] {h}.",
          "Once upon a time, {h.a} [named|called] {h} lived {in_home}.",
          "{in_home}, there [lived|was] {h.a} [named|called] {h}.",
          "There was once {h.a} [named|called] {h} who lived {in_home}.",
          "There once [was|lived] {h.a} [named|called] {h}. {h.His} home was {home}.",
          "Once there was {h.a} [named|called] {h}. {h.He} lived {in_home}.",
          "{h} was {h.a} who lived {in_home}.",
          "{h.A} [named|called] {h} lived {in_home}.",
          "[Long ago|A long time ago|Many years ago|Not so long ago|Far away], [{in_home}, there lived {h.a} named {h}|there was {h.a} named {h} who lived {in_home}].",
          "This is the story of {h}, {h.a} who lived {in_home}.",
          "Do you know the story of {h}? {h} was {h.a} who lived {in_home}.",
          "One day, {h.a} [named|called] {h} [was walking to|was sitting near|went to] {spot}. {h.He} lived {in_home}.",
          "One [{weather}|] [morning|afternoon], {h.a} [named|called] {h} [was walking to|was sitting near|went to] {spot}. {h.He} lived {in_home}.",
          "It was {a_weather} [morning|day] {in_home}. {h.A} [named|called] {h} [woke up early|looked out of the window|stood at the door].",
          "Every morning, {h.a} [named|called] {h} [walked|went] to {spot}. {h.He} lived {in_home}.")
    if s.slots["h"].limb != "hand" and s.rng.random() < 0.3:
        s.say("Everybody called {h.him} {h} the {h.kind}.", "{h} the {h.kind} was known to everyone {in_place}.")
    s.maybe(0.75, "{h.He} was [very|always] {trait}, and {everyone} [liked {h.him}|was fond of {h.him}|knew {h.him}].",
            "{h.He} loved to {hobby}.", "{h} loved to {hobby}.",
            "[Most of all|More than anything], {h.he} loved to {hobby}.",
            "[Every day|Every evening|On quiet days], {h.he} liked to {hobby}.",
            "{h.He} was [very|always] {trait} and loved to {hobby}.",
            "{h} had a [big|warm|good] heart and loved to {hobby}.")


def _weather(s, chance=0.5):
    s.maybe(chance, *world.WEATHER[s.weather])


def _moral(s, *themes):
    moral = s.rng.choice(world.MORALS[s.rng.choice(themes)])
    s.set(moral=moral)
    s.maybe(0.65, "{h} [had learned|learned] that {moral}.",
            "From that day on, {h} [knew|remembered] that {moral}.",
            "And {h.ref} never forgot that {moral}.",
            "That [night|evening], {h} thought, \"Yes, {moral}.\"",
            "And so {h} [found out|learned] that {moral}.")
    s.maybe(0.45, "The end.", "And they all lived happily ever after.",
            "And {h} fell asleep with a smile.",
            "It was the best day of the whole year.",
            "And if you visit the {place}, you can still hear {everyone} tell this story.")


def _meet(s, slot="f", spot="{spot}"):
    """A named helper turns up."""
    x = slot
    s.say(f"Just then, {{{x}.a}} named {{{x}}} came [along|by|down the path].",
          f"[Near|At] {spot}, {{h.he}} met {{{x}.a}} named {{{x}}}.",
          f"[Soon|After a while], {{h}} met {{{x}.a}} [named|called] {{{x}}}.",
          f"There {{h.he}} saw {{{x}.a}} [named|called] {{{x}}}.",
          f"{{{x}.A}} [named|called] {{{x}}} was [sitting|resting|working] [near|at] {spot}.")


def _ask_why(s):
    """The helper asks what is wrong."""
    s.speak("f", "why are you so sad?", "what is the matter, {h}?", "what happened?",
            "you look sad. Can I help you?", "hello! Why do you look so [sad|worried]?")


def _thanks(s):
    s.speak("h", "thank you, {f}!", "thank you so much, {f}!", "you are a true friend, {f}.",
            "I could not have done it without you, {f}!", "I will never forget this, {f}.")


# -- plots ---------------------------------------------------------------
def make_a_thing(s):
    """The hero wishes for a thing and collects three materials to make it."""
    noun = _thing(s, world.MATERIALS)
    m1, m2, m3 = s.rng.sample(world.MATERIALS[noun], 3)
    s.set(m1=m1, m2=m2, m3=m3)
    s.cast("f")
    s.cast("g")
    s.cast_kin("k")
    _opening(s)
    s.say("{h.He} had one [big|great|secret] wish: {h.he} wanted {a_t}.",
          "But {h.he} wished for {a_t} more than anything.",
          "For a long time, {h} had dreamed of {a_t}.",
          "[Every night|Every day], {h} dreamed of having {a_t}.")
    s.say("{h.He} wanted to {use}.", "\"If I had {a_t}, I could {use},\" {h.he} thought.",
          "How nice it would be to {use}!")
    s.say("But {h} had no money to buy one.", "But there was no [shop|store] that sold one.",
          "But nobody {in_place} had one.", "But such a {noun} was [far too expensive|not easy to find].")
    s.paragraph()
    s.speak("h", "I will make one myself!", "then I will make {a_t} myself.", "maybe I can make a {noun} with my own work.")
    s.say("For that, {h.he} needed {m1}, {m2} and {m3}.", "{h.He} needed three things: {m1}, {m2} and {m3}.")
    _weather(s, 0.3)
    s.say("First, {h} [asked|went to] {k}. {k.He} [smiled|nodded|thought for a moment] and gave {h.him} {m1}.",
          "{h.He} asked {k} first, and {k} gave {h.him} {m1}.",
          "{k.Name} opened an old box and found {m1} for {h}.")
    _meet(s)
    s.speak("h", "do you have {m2} for me?", "I am looking for {m2}. Can you help me?", "could you give me {m2}?")
    s.say("\"Yes,\" said {f}, \"but first you must help me [carry this heavy bag|find my hat|clean my house|water my flowers].\" {h} [was glad to help|worked hard], and {f} gave {h.him} {m2}.",
          "{f} was [happy|glad] to help and gave {h.him} {m2}.",
          "{f} wanted [a song|a story|an apple] in return, and {h} [agreed|was happy to agree]. So {h.he} got {m2}.")
    s.say("Now only {m3} was still missing." if m3.split()[0] in ("a", "an", "some") else "Now only {m3} were missing.",
          "But {h} still needed {m3}.")
    s.say("{h} looked [near|behind] {spot2} and [near|behind] {spot3}, but found nothing.",
          "{h.He} searched [all day|for hours], but found nothing.",
          "{h.He} looked everywhere and almost gave up.")
    s.say("At last, {g.a} named {g} called, \"Is this what you need?\" {g.He} gave {h} {m3}.",
          "In the evening, {h.he} met {g.a} named {g}. {g} gave {h.him} {m3} and said, \"Good luck!\"",
          "Then {g.a} named {g} heard about it and brought {h.him} {m3}.")
    s.paragraph()
    s.say("{h} worked [all night|for three days|until the moon came up]. [At last|Finally], the {t} was ready.",
          "Piece by piece, {h} put everything together. The {t} was [beautiful|wonderful|better than any dream].",
          "It was hard work, but {h} did not give up. In the end, the {t} was finished.")
    s.say("[The next day|The next morning|Then], {h} {used_n}.", "Now {h} [happily|proudly] {used}.")
    s.say("{f} and {g} came to see the {t}, and they all [laughed|cheered] together.",
          "{h.He} let {f} and {g} try the {noun} too.",
          "{h.He} invited {f} and {g}, and they shared the {noun}.")
    _moral(s, "share", "patient", "friend")


def lost_thing(s):
    """A dear thing gets lost, is searched for and found with help."""
    _thing(s, world.LOSABLE)
    s.cast("f")
    s.cast_kin("k")
    _opening(s)
    s.say("{h} had {a_t} that {h.he} loved [very much|more than anything].",
          "{h.His} favorite thing was {a_t}. It was a gift from {k}.",
          "{k.Name} had given {h.him} {a_t}, and {h} took it everywhere.")
    s.say("Every [evening|day], {h.he} {used_n}.", "[On good days|Whenever {h.he} could], {h.he} {used}.")
    s.paragraph()
    s.say("One [morning|day|afternoon], the {t} was gone.", "But one [morning|day|evening], {h} could not find the {t}.",
          "One day, a strong wind came and carried the {t} away.", "But one day, {h} lost the {t} on the way home.")
    s.speak("h", "where is my {noun}?", "oh no! My {t} is gone!", "I have lost my {noun}!")
    s.say("{h.He} looked [under the bed|behind the door|in every room|in the garden], but it was not there.",
          "{h.He} searched the whole [house|garden], but found nothing.")
    s.say("{h.He} went to {spot}, but there was only [an old shoe|a pile of leaves|a sleeping cat|a broken cup].",
          "Then {h.he} looked near {spot}, but the {noun} was not there either.")
    _weather(s)
    s.say("{h} sat down and began to cry.", "{h} felt very sad and sat down on a stone.",
          "Tears ran down {h.his} face.", "{h.He} did not know where else to look.")
    s.paragraph()
    _meet(s, spot="{spot2}")
    _ask_why(s)
    s.speak("h", "I have lost my {t}.", "my {t} is gone, and I cannot find it anywhere.", "I cannot find my {noun}.", reply=True)
    s.speak("f", "do not cry. We will look for it together.", "two can look better than one. Come with me!",
            "I will help you find it.", "then let us search together!")
    s.say("They looked [behind|near] {spot2} and asked [everyone|everybody] they met.",
          "Together they walked to {spot2}, and {f} looked very carefully.",
          "Step by step, they went all the way to {spot2}.")
    s.say("Suddenly {f} [pointed|called]: there, at {spot3}, [lay|was] the {t}!",
          "At last, they came to {spot3}. \"Look there!\" {f} called. It was the {t}!",
          "Then {h} saw something [small|bright] near {spot3}. It was the {t}!")
    s.say("A [bird|mouse] had used it as a bed.", "It was a little dirty, but it was not broken.",
          "The wind had carried it there.", "It was wet, but it was still [fine|whole].")
    s.paragraph()
    s.say("{h} [jumped for joy|laughed with joy|was so happy that {h.he} danced] and hugged {f}.",
          "{h} held the {noun} tight and smiled.", "How happy {h} was!")
    _thanks(s)
    s.say("That evening, {h} and {f} [sat together|were together], and {h} {used_n}.",
          "From then on, {h} shared the {t} with {f}.", "Then they went home together, and {h} told {k} everything.")
    _moral(s, "friend", "patient", "kind")


def kind_deed(s):
    """The hero helps a creature, which later helps the hero."""
    trouble, rescue = s.rng.choice(world.TROUBLES)
    s.cast("x", s.rng.choice(["animal", "bird"]))
    s.cast_kin("k")
    s.set(trouble=trouble, rescue=rescue)
    _opening(s)
    s.paragraph()
    s.say("One day, {k} asked {h.him} to bring [a basket of bread|a letter|some soup|a warm coat] to {spot3}.",
          "One [morning|day], {h} [set out|left home] to visit {k} near {spot3}.",
          "One afternoon, {h} was on the way to {spot3}.")
    _weather(s)
    s.say("[Near|At] {spot}, {h.he} heard a [small|quiet|thin] voice. \"Help! Please help me!\"",
          "[Near|At] {spot}, {h.he} heard somebody crying.", "Suddenly, someone called for help near {spot}.")
    s.say("It was {x.a} named {x} who {trouble}.", "There was {x.a} named {x}. {x.He} {trouble}.")
    s.say("{h} was in a hurry, but {h.he} stopped at once.", "{h} did not think twice.",
          "Many others had walked past, but {h} stopped.")
    s.speak("h", "do not be afraid. I will help you.", "wait, I will help you!", "poor {x.kind}! Let me help you.")
    s.say("{h.He} {rescue}.", "Very carefully, {h.he} {rescue}.", "So {h} {rescue}.")
    s.speak("x", "thank you! One day I will help you too.", "thank you, {h}! I will not forget this.",
            "you are so kind. If you ever need me, just call my name.")
    s.say("{h} smiled and [walked on|went on|said goodbye].", "{h} waved to {x} and went on.")
    s.paragraph()
    s.say("[Some days|A week] later, {h} got lost near {spot2}. The night came, and it was very dark.",
          "On the way home, a thick fog came up near {spot2}. Soon {h} could not see the path anymore.",
          "Not long after, {h} slipped near {spot2} and fell into a deep hole. {h.He} could not get out.",
          "In the winter, deep snow fell near {spot2}, and {h} could not find the way home.")
    s.speak("h", "is anybody there?", "help! Can anybody hear me?", "what shall I do now?")
    s.say("Nobody answered for a long time.", "First there was only silence.", "{h.He} called again and again.")
    s.say("Then {h.he} heard a voice [that {h.he} knew|{h.he} knew well]. It was {x}!",
          "Suddenly, {x} stood in front of {h.him}.", "Just when {h.he} wanted to give up, {x} came.")
    s.speak("x", "you helped me, and now I will help you.", "follow me! I know the way.", "do not worry, {h}. I am here.")
    s.say("{x} called all {x.his} friends, and together they brought {h} home.",
          "{x} took {h} by the {h.limb} and led {h.him} safely home.",
          "With the help of {x}, {h} was soon safe at home.")
    s.paragraph()
    s.say("{k.Name} [made hot tea|cooked warm soup] for {h} and {x}, and they sat by the fire.",
          "{h} and {x} became best friends.", "Since then, {h} and {x} have been friends and visit each other every [week|Sunday].")
    _moral(s, "kind", "friend")


def fear(s):
    """The hero is afraid of something and overcomes it step by step."""
    afraid = s.rng.choice(list(world.FEARS))
    want, feeling, overcame = world.FEARS[afraid]
    s.set(afraid=afraid, want=want, feeling=feeling, overcame=overcame)
    s.cast("f")
    _opening(s)
    s.say("But {h} was afraid of {afraid}.", "There was only one problem: {h} was afraid of {afraid}.",
          "But {h.he} had a secret. {h.He} was afraid of {afraid}.")
    s.maybe(0.7, "{feeling}.")
    s.say("So {h.he} could not {want}.", "{h.He} wanted to {want}, but {h.he} never dared to.",
          "How {h.he} wished to {want} like everybody else!")
    s.maybe(0.5, "The others [laughed at|made fun of] {h.him}, and that made {h.him} sad.", "Nobody knew about it, and {h} felt [alone|very lonely].")
    s.paragraph()
    _weather(s, 0.3)
    s.say("One [day|evening], {h} told {h.his} friend {f} about it. {f} was {f.a}.",
          "{h} had a good friend named {f}, {f.a}. One day, {h} told {f.him} everything.")
    s.speak("h", "I am afraid of {afraid}.", "I want to {want}, but I am too afraid.", "please do not laugh. I am afraid of {afraid}.")
    s.say("{f} did not laugh.", "{f} listened and nodded.", "{f} thought for a while.")
    s.speak("f", "everybody is afraid of something. I will stay with you.", "we can try it together, in very small steps.",
            "once I was afraid of [spiders|bees|mice]. I know how you feel.", reply=True)
    s.paragraph()
    s.say("The first time, {h} closed {h.his} eyes and ran away.", "On the first day, {h} [ran home at once|turned around after one step].",
          "First, {h} only [looked|stood there] and shook all over.")
    s.speak("f", "that was a good start.", "never mind. Tomorrow we will try again.", "you did well! Let us try again.")
    s.say("The second time, {h.he} stayed a little longer, and {f} held {h.his} {h.limb}.",
          "On the second day, it was [a little|a bit] easier, because {f} [sang a song|told a funny story].",
          "Then {h.he} tried again, and {h.his} heart beat fast, but {h.he} stayed.")
    s.say("The third time, {h} took a deep breath and {overcame}.", "On the third day, {h} was ready. {h.He} took {f} by the {f.limb} and {overcame}.",
          "And then, one [evening|day], {h} {overcame}, and {f} was right behind {h.him}.")
    s.speak("h", "I did it!", "it is not so bad at all!", "look, {f}, I am not afraid anymore!")
    s.paragraph()
    s.say("{f} [cheered|clapped|laughed] and hugged {h}.", "{f} was very proud of {h}.", "{everyone} [cheered|clapped] for {h}.")
    s.say("Now {h.he} could {want}.", "From then on, {h} was able to {want}.", "At last, {h.he} could {want}, just as {h.he} had wished.")
    s.maybe(0.5, "Sometimes {h} was still a little afraid of {afraid}, but then {h.he} thought of {f}.",
            "And when {f} was afraid of something, {h} was there to help.")
    _moral(s, "brave", "friend")


def contest(s):
    """A contest, a mishap, and somebody who helps at the right moment."""
    name = s.rng.choice(list(world.CONTESTS))
    practice, mishap, care = world.CONTESTS[name]
    s.set(contest=name, practice=practice, mishap=mishap, care=care)
    s.cast("f")
    s.cast("g")
    noun = _thing(s, ["bell", "lantern", "scarf", "flute", "drum", "hat", "blanket"])
    _opening(s)
    s.say("Every year, there was a {contest} [{in_place}|near {spot}].",
          "Soon there would be a {contest} near {spot}, and {everyone} talked about it.",
          "One day, {h.he} heard about a {contest} near {spot}.")
    s.say("The prize was {a_t}.", "The winner would get {a_t}.", "Whoever won would get {a_t}.")
    s.say("{h} wanted to win it with all {h.his} heart.", "{h} wanted to {use}, so {h.he} wanted to win.",
          "\"I want to win the {t},\" thought {h}.")
    s.paragraph()
    s.say("Day after day, {h} {practice}.", "For weeks, {h.he} {practice}.", "{h} {practice} until {h.he} was [very tired|tired].")
    s.say("But {g.a} named {g} [laughed|only laughed]. \"You will never win,\" {g.he} said.",
          "{g}, {g.a}, wanted to win too. \"I am much better than you,\" said {g}.",
          "There was also {g.a} named {g} who had won [every year|last year]. \"I will win again,\" said {g}.")
    s.maybe(0.5, "{h} was [sad|worried], but {h.he} did not stop.", "That made {h} work even harder.")
    s.paragraph()
    s.say("Then the big day came.", "At last, the day of the {contest} came.", "On the day of the {contest}, {everyone} came to watch.")
    _weather(s)
    s.say("Just before the start, {h} {mishap}.", "But then something bad happened. {h} {mishap}.", "But right at the beginning, {h} {mishap}.")
    s.speak("h", "now everything is over.", "oh no! What shall I do now?", "all my work was for nothing!")
    s.say("{f.A} named {f} saw it and came running.", "Then {h.his} friend {f}, {f.a}, came to {h.him}.", "But {f.a} named {f} stood up and came over.")
    s.speak("f", "do not give up! I can help you.", "let me help you, {h}.", "together we can do it!")
    s.say("{f} {care}, and soon {h} could go on.", "Quickly, {f} {care}, and {h} tried again.",
          "{f.Ref} {care}. Now {h} was ready again.")
    s.paragraph()
    if s.rng.random() < 0.6:
        s.say("{h} did {h.his} best, and everybody held their breath. And {h} won!", "It was very close, but in the end {h} won the {contest}!",
              "{h} was better than ever. Even {g} clapped, and {h} won the {contest}.")
        s.say("{h.He} got the {t} and held it high.", "Proudly, {h} took the {t}.", "Now the {t} belonged to {h.him}!")
        s.speak("h", "this prize is for both of us, {f}.", "without {f}, I would not have won.", "thank you, {f}! We won together.")
        s.say("{g} came too and said, \"You were really good.\" And they all became friends.",
              "That evening, {h} {used_n}, and {f} and {g} were there too.",
              "From then on, {h} and {f} shared the {t}.")
    else:
        s.say("{h} did {h.his} best, but {g} was a little better. {g} won the {t}.", "In the end, {g} won, and {h} came second.")
        s.say("At first, {h} was sad. But then {h.he} saw how {f} smiled.", "{h} was not even sad, because {h.he} had found a friend.")
        s.speak("g", "you were really good, {h}. I am sorry that I laughed.", "you can share the {t} with me.", "next year you will win, I am sure.")
        s.say("So {h}, {f} and {g} [celebrated|danced and sang] together until the moon came up.", "That evening, {h}, {f} and {g} sat together like old friends, and {g} {used_n}.")
    _moral(s, "friend", "patient")


def quarrel(s):
    """Two friends find one thing, quarrel, lose it and make up."""
    _thing(s, ["kite", "boat", "drum", "ball", "cart", "swing", "flute", "puppet"])
    s.cast("f")
    _opening(s)
    s.say("{h.His} best friend was {f.a} named {f}.", "{h} had a best friend, {f.a} named {f}.")
    s.say("They did everything together.", "They played together every day.", "Nobody had ever seen them quarrel.")
    s.paragraph()
    s.say("One day, they found {a_t} near {spot}.", "One [morning|afternoon], they saw {a_t} near {spot}. It belonged to nobody.")
    _weather(s)
    s.speak("h", "I saw it first! It is mine!", "it is mine! I want to {use}.", "I saw the {noun} first!")
    s.speak("f", "no, I saw it first!", "no! It belongs to me!", "but I want it too!")
    s.say("{h} pulled on one side, and {f} pulled on the other side.", "They pulled and pulled.", "They both held the {t} and did not let go.")
    s.say("Then the {noun} [broke in two|broke].", "Suddenly, there was a loud crack, and the {noun} broke.")
    s.speak("f", "that is your fault!", "look what you did!")
    s.say("[Angry and sad|Without a word], they both went home.", "They turned around and went home, each one alone.")
    s.paragraph()
    s.say("That night, {h} could not sleep.", "The next days were long and [boring|quiet].", "{h} sat alone near {spot2}.")
    s.say("{h.He} missed {f} very much.", "Without {f}, nothing was fun.", "{h.He} tried to {hobby}, but it was no fun without {f}.")
    s.speak("h", "a friend is more important than a {noun}.", "I was wrong. I must say sorry.", "why was I so silly?")
    s.say("So {h.he} [took|picked up] the broken {noun} and went to {f}.", "In the morning, {h.he} walked to the house of {f}.", "{h.He} ran all the way to {f}.")
    s.maybe(0.5, "{f} was already standing at the door.", "{f} opened the door very slowly.", "On the way, {h.he} met {f}, who had the same idea.")
    s.speak("h", "I am sorry, {f}.", "I am so sorry. Please be my friend again.", "please forgive me, {f}.")
    s.speak("f", "I am sorry too.", "I missed you so much, {h}.", "me too. Let us never quarrel again.", reply=True)
    s.paragraph()
    s.say("Together they [repaired|mended] the {t}. It took the whole [day|afternoon].", "{f} had some [glue|string], and {h} had a good idea. Soon the {t} was whole again.",
          "They sat down and [repaired|mended] the {noun} together.")
    s.say("Then {h} and {f} took turns. First {h} {used_n}, and then {f} did.", "In the evening, they {used_n}, first {f} and then {h}.",
          "Now the {t} belonged to both of them.")
    s.maybe(0.5, "You could [still|always] see the crack, but they liked the {noun} even more.", "They laughed and played until the sun went down.")
    _moral(s, "share", "friend")


def night_sound(s):
    """A strange sound at night turns out to be somebody lonely."""
    noise = s.rng.choice(list(world.NOISES))
    s.set(noise=noise, reason=world.NOISES[noise])
    s.cast("f")
    s.cast("x", s.rng.choice(["animal", "bird", "fantasy"]))
    _opening(s)
    s.paragraph()
    s.say("One night, {h} heard {noise} outside.", "One night, {h} woke up because of {noise}.", "Late one evening, {h.he} heard {noise} from {spot}.")
    s.say("{h.He} pulled the blanket over {h.his} head.", "{h.His} heart beat fast.", "{h.He} looked out of the window, but saw nothing.")
    s.maybe(0.6, "The next night, {h.he} heard it again.", "It came back every night.", "It did not stop until the morning.")
    s.paragraph()
    s.say("[In the morning|The next day], {h} told {h.his} friend {f} about it. {f} was {f.a}.", "{h} went to {f.a} named {f} and told {f.him} everything.")
    s.speak("f", "maybe it is a monster!", "maybe it is a ghost.", "perhaps it is only the wind.", "we must find out what it is!")
    s.speak("h", "I am afraid, but I want to know it.", "let us look together tonight.", "will you come with me tonight?")
    s.say("So they took a lantern and waited near {spot}.", "When the moon came up, they walked to {spot} with a small lantern.", "That night, they took a lantern, hid behind {spot} and waited.")
    s.say("There it was again: {noise}!", "Soon they heard it: {noise}.", "At midnight, they heard {noise}, very near.")
    s.say("{f} wanted to run away, but {h} took one step after another.", "{h} held {f} by the {f.limb}, and they walked on.", "They were both afraid, but they went closer and closer.")
    s.paragraph()
    s.say("There, near {spot2}, sat {x.a}.", "And what did they see near {spot2}? It was {x.a}!", "In the light of the lantern, they saw {x.a}.")
    s.speak("h", "who are you?", "was it you who made that sound?", "why are you here all alone?")
    s.speak("x", "my name is {x}. I am all alone.", "I am {x}. I did not want to scare you.", "I am {x}, and I have no friends here.",
            form="the", reply=True)
    s.say("{x} was {reason}.", "Now they understood. {x} was {reason}.")
    s.say("{h} felt sorry for {x}.", "{h} and {f} were not afraid anymore.", "{f} began to laugh, because there was no monster at all.")
    s.speak("h", "come with us, {x}.", "you can be our friend, {x}!", "from now on, you are not alone anymore.")
    s.paragraph()
    s.say("They took {x} home and gave {x.him} [warm milk|hot soup|bread and honey].", "{x} was so happy that {x.he} [danced|laughed and cried at the same time].", "So {x} came to live near {spot3}, close to {h}.")
    s.say("From that night on, {h}, {f} and {x} were [good|best] friends.", "Soon {everyone} knew {x}, and nobody was afraid at night.", "And every evening, the three friends sat together and told stories.")
    _moral(s, "brave", "kind", "friend")


def cooking(s):
    """A surprise for a relative needs three ingredients from the neighbours."""
    dish = s.rng.choice(list(world.DISHES))
    i1, i2, i3 = s.rng.sample(world.DISHES[dish], 3)
    s.set(dish=dish, i1=i1, i2=i2, i3=i3,
          a_dish="some " + dish if dish.split()[1] in ("soup", "bread") else with_article(dish))
    s.cast_kin("k")
    s.cast("f")
    s.cast("g")
    s.cast("x")
    _opening(s)
    s.say("[Tomorrow was|It was almost] the birthday of {k}, and {h} wanted to make [a surprise|something special].",
          "One day, {k} was [ill|sick] and had to stay in bed. {h} wanted to make {k.him} happy.",
          "{k.Name} was coming for a visit, and {h} was [so happy|very excited].")
    s.speak("h", "I will make {a_dish}!", "I know what I will do. I will make {a_dish}!")
    s.say("But the kitchen was empty. {h.He} had no {i1}, no {i2} and no {i3}.",
          "For that, {h.he} needed {i1}, {i2} and {i3}. But {h.he} had nothing.",
          "{h.He} needed {i1}, {i2} and {i3}, but the kitchen was empty.")
    s.paragraph()
    _weather(s)
    s.say("So {h} took a basket and went to {f}. {f} was {f.a} who lived near {spot}.", "First, {h.he} went to {spot}. There lived {f.a} named {f}.")
    s.speak("h", "dear {f}, do you have {i1} for me?", "could you give me {i1}, please?", "I need {i1}, {f}. Can you help me?")
    s.speak("f", "of course! Take as much as you need.", "yes, but please help me with my [garden|roof|fence] first.", "yes, here you are!", reply=True)
    s.say("{h} [thanked {f}|said thank you] and put the {i1} into the basket.", "Soon the {i1} lay in the basket.")
    s.say("Then {h.he} went to {spot2}, where {g.a} named {g} lived. {g} gave {h.him} {i2}.", "Next, {h.he} met {g.a} named {g} near {spot2}. {g} was happy to give {h.him} {i2}.")
    s.say("Only {i3} [was|were] missing.".replace("[was|were]", "were" if i3.endswith("s") else "was"), "Now {h.he} only needed {i3}.")
    s.say("{h} walked to {spot3}, but nobody was there. {h.He} sat down and sighed.", "But there was a big problem. Nobody had {i3}.", "{h} asked at every door, but nobody had {i3}.")
    s.say("Then {x.a} named {x} [ran|came] up to {h.him}. \"Are you looking for {i3}? I have {i3} at home!\"",
          "\"What do you need?\" asked {x.a} named {x}. When {x.he} heard the story, {x.he} [ran home|smiled] and brought {i3}.")
    s.paragraph()
    s.say("At home, {h} [cooked and stirred|mixed everything together|worked in the kitchen all afternoon].", "{h} ran home and started at once.", "Quickly, {h.he} ran home and began to work.")
    s.say("Soon the {dish} was ready, and it smelled wonderful.", "Soon the whole house smelled of {dish}.")
    s.say("When {k} came into the kitchen, {k.he} could not believe {k.his} eyes.", "{k.Name} tasted it and [laughed with joy|smiled from ear to ear].")
    s.speak("k", "this is the best {dish} in the world!", "did you make this all by yourself?", "what a wonderful surprise!")
    s.speak("h", "{f}, {g} and {x} helped me.", "I had help from {f}, {g} and {x}.", "my friends helped me.", reply=True)
    s.say("So they invited {f}, {g} and {x}, and everybody ate together.", "Then {h} called {f}, {g} and {x}, and there was enough for everyone.")
    _moral(s, "share", "friend", "kind")


def journey(s):
    """A journey to see a wonder, with an obstacle on the way."""
    sight = s.rng.choice(list(world.SIGHTS))
    obstacle = s.rng.choice(list(world.OBSTACLES))
    t1, t2, solved = world.OBSTACLES[obstacle]
    the_obstacle = "the " + obstacle.split(" ", 1)[1]
    s.set(sight=sight, view=world.SIGHTS[sight], obstacle=obstacle, the_o=the_obstacle, t1=t1, t2=t2, solved=solved)
    s.cast("f")
    s.cast_kin("k")
    _opening(s)
    s.say("{k.Name} often told {h.him} about {sight}.", "{h} had heard many stories about {sight}.", "In an old book, {h} had read about {sight}.")
    s.say("{h.His} greatest wish was to see {sight} with {h.his} own eyes.", "{h.He} wanted to see {sight} more than anything.", "\"One day, I will see {sight},\" {h.he} always said.")
    s.paragraph()
    s.say("One morning, {h} packed [some bread|a small bag|bread and cheese] and set out.", "So one day, {h} said goodbye to {k} and started to walk.", "At last, {h} was big enough to go. {k.Name} gave {h.him} [some bread|a warm coat] for the way.")
    _weather(s)
    s.say("{h.He} walked past {spot} and past {spot2}.", "The path went past {spot} and then past {spot2}.", "{h.He} walked for [two days|many hours].")
    s.say("But then {h.he} came to {obstacle}.", "Suddenly, there was {obstacle} in front of {h.him}.", "But the way was blocked by {obstacle}.")
    s.say("{h} {t1}.", "First, {h.he} {t1}.")
    s.say("Then {h.he} {t2}.", "After that, {h.he} {t2}.")
    s.speak("h", "I will never see {sight}.", "must I go home now?", "what can I do?")
    s.paragraph()
    _meet(s, spot="{the_o}")
    _ask_why(s)
    s.speak("h", "I want to see {sight}, but I cannot get past {the_o}.", "I cannot get past {the_o}.", reply=True)
    s.speak("f", "I have always wanted to see it too! Let us go together.", "alone it is too hard, but together we can do it.", "I have an idea!")
    s.say("So {h} and {f} {solved}.", "It took a long time, but {h} and {f} {solved}.", "Together, they {solved}.")
    s.say("They walked [on|further], and {f} told funny stories on the way.", "Now the way was easy, and they sang [all the way|together].", "They shared the bread and walked on until the evening.")
    s.paragraph()
    s.say("And then they saw it: {sight}!", "At last, they stood in front of {sight}.", "When the sun went down, they finally came to {sight}.")
    s.say("{view}.", "{view}, just like in the stories.", "It was even more beautiful than in the stories. {view}.")
    s.speak("h", "it is wonderful!", "now my wish has come true.", "thank you, {f}. Without you, I would not be here.", "I will never forget this!")
    s.say("They sat there side by side until the stars came out.", "{h} and {f} looked at it for a long, long time.", "{f} smiled and did not say a word.")
    s.say("When {h} came home, {h.he} told {k} all about {sight} and about {f}.", "On the way home, {h} and {f} were already planning the next journey.", "Back home, {h} drew a picture of {sight} and gave it to {k}.")
    _moral(s, "friend", "patient", "brave")


def garden(s):
    """A seed, a lot of waiting, and something to share in the end."""
    plant = s.rng.choice(list(world.PLANTS))
    s.set(plant=plant, a_plant=with_article(plant), color=world.PLANTS[plant])
    s.cast("f")
    s.cast_kin("k")
    if s.weather == "snowy":
        _set_weather(s, "sunny")
    _opening(s)
    s.say("One day, {k} gave {h.him} a tiny seed.", "One spring, {h} found a tiny seed near {spot}.", "For {h.his} birthday, {h} got a tiny seed from {k}.")
    s.speak("k", "if you take care of it, {a_plant} will grow.", "this will be {a_plant} one day.", "be patient, and it will become {a_plant}.")
    s.say("{h} had always wanted to have {a_plant}.", "{h} was very happy, because {h.he} loved every {plant}.")
    s.paragraph()
    s.say("{h.He} put the seed into the earth near {spot2} and gave it water.", "So {h.he} dug a small hole near {spot2}, put the seed in and watered it.")
    s.say("The next morning, {h.he} ran to look. Nothing had happened.", "Every day, {h.he} went to look, but there was nothing to see.", "A week went by, but nothing grew.")
    s.speak("h", "why does it not grow?", "please grow, little seed!", "how long must I wait?")
    _weather(s, 0.3)
    s.say("{f.A} named {f} came by and laughed. \"That is only a stone,\" said {f}.", "{f}, {f.a}, shook {f.his} head. \"Nothing will grow here,\" said {f}.", "{h.His} neighbor {f}, {f.a}, said, \"You should give up.\"")
    s.say("But {h} did not give up.", "{h} was sad, but {h.he} watered the seed every day.", "{h} did not listen and sang a song for the seed.")
    s.paragraph()
    s.say("Then one morning, there was a small green leaf.", "At last, a tiny green leaf came out of the earth.", "After many days, something green came out of the earth.")
    s.speak("h", "look! It is growing!", "I knew it!", "welcome, little {plant}!")
    s.say("But in the night, a storm came, and the wind pulled at the little plant.", "Then it became very hot, and the little plant hung its head.", "But one evening, it became very cold, and the little plant was in danger.")
    s.say("{h} ran outside to help it, but {h.he} could not do it alone.", "{h} wanted to save it, but alone it was too hard.")
    s.say("Then {f} came running. \"I am sorry that I laughed. Let me help you,\" said {f}.", "Suddenly, {f} stood there too and helped {h.him}.")
    s.say("Together they built a small [roof|wall] around the plant, and it was safe.", "All night long, they took care of the plant together.")
    s.paragraph()
    s.say("Weeks later, the {plant} was big and [beautiful|strong].", "In the summer, the {plant} was taller than {h}.", "The {plant} grew and grew, and soon it was the most beautiful one {in_place}.")
    s.say("{everyone} came to see it.", "The {plant} shone {color} in the sun.", "{k.Name} was very proud of {h}.")
    s.say("{h} gave a new seed to {f}, so that {f.he} could have {a_plant} too.", "In autumn, {h} and {f} shared all the seeds with {everyone}.", "{h} and {f} sat in front of the {plant} and were happy.")
    _moral(s, "patient", "share")


def secret(s):
    """The hero breaks something, hides it and finally tells the truth."""
    _thing(s, ["bell", "lantern", "drum", "flute", "umbrella", "basket", "cart", "puppet"])
    s.cast("f")
    s.cast("g")
    _opening(s)
    s.say("{h.His} neighbor was {f.a} named {f}. {f} had {a_t}.", "Next to {h.him} lived {f.a} named {f}, who owned {a_t}.")
    s.say("Every evening, {f} {used_n}.", "It was the [finest|most beautiful] {noun} {in_place}.", "{f} loved the {noun} very much.")
    s.paragraph()
    s.say("One day, {f} was not at home, and {h} saw the {t} at the door.", "One afternoon, {h} was alone with the {t}.", "One day, {h} wanted to try the {t} too, just once.")
    s.speak("h", "I will only hold it for a moment.", "{f} will not notice it.", "I only want to look at it.")
    _weather(s, 0.3)
    s.say("But then {h} [slipped|stumbled], and the {noun} fell down and broke.", "But the {noun} slipped out of {h.his} {h.limb} and broke.")
    s.say("{h} was so frightened that {h.he} hid the {noun} behind {spot}.", "Quickly, {h} hid the broken {noun} near {spot} and ran home.")
    s.paragraph()
    s.say("In the evening, {f} came home. \"Where is my {t}?\" {f.he} asked.", "Soon {f} was looking for the {t} everywhere.", "When {f} came back, {f.he} could not find the {t} and was very sad.")
    s.speak("f", "{h}, have you seen my {noun}?", "do you know where my {noun} is, {h}?")
    s.speak("h", "no, I have not seen it.", "no, I do not know where it is.", reply=True)
    s.say("But {h.his} face became hot.", "After that, {h} felt terrible.", "It was not true, and {h} felt very bad.")
    s.say("That night, {h.he} could not sleep.", "{h.He} could not eat and could not sleep.", "The secret was as heavy as a stone.")
    s.say("{h.He} told {h.his} friend {g}, {g.a}, what had happened.", "The next day, {g.a} named {g} saw {h} crying near {spot2}, and {h} told {g.him} everything.")
    s.speak("g", "you should tell {f} the truth.", "tell the truth, and you will feel better.", "go to {f} and say that you are sorry.")
    s.paragraph()
    s.say("So {h} took the broken {noun} and went to {f}.", "With a beating heart, {h} went to {f} and showed {f.him} the broken {noun}.")
    s.speak("h", "I broke your {noun}, and I did not tell you. I am so sorry.", "it was me, {f}. I broke the {t}.", "please forgive me. I broke your {noun}.")
    s.say("{f} was quiet for a long time.", "First, {f} was angry.", "{f} looked at the {noun} and then at {h}.")
    s.speak("f", "thank you for telling me the truth.", "that was very brave of you.", "a thing can be mended. I am glad that you told me.")
    s.say("Together with {g}, they mended the {t}.", "{h} worked the whole week to mend the {t}, and {g} helped {h.him}.")
    s.say("Then {f} {used_n}, and {h} and {g} were allowed to try it too.", "Soon it was as good as new, and {f} let {h} try it.", "In the end, {f} {used_n} again, and everybody was happy.")
    _moral(s, "honest")


PLOTS = [make_a_thing, lost_thing, kind_deed, fear, contest, quarrel,
         night_sound, cooking, journey, garden, secret]


def tell(rng):
    """Return the text of one new story."""
    s = Story(rng)
    _setting(s)
    s.cast("h")
    rng.choice(PLOTS)(s)
    return s.text()
