"""Template engine for the demo stories: beings, slots and random phrasing.

Template syntax
    [a|b|c]     one alternative at random; may be nested, may be empty
    {h}         the name of the being (or the text) stored in slot "h"
    {h.he}      a form of it, see Being.form
A story is a list of paragraphs; every `say` adds sentences to the last one.
"""

import re
from dataclasses import dataclass

import story_world as world

_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)(?:\.(\w+))?\}")
_PRONOUNS = {"f": ("she", "her", "her", "herself"), "m": ("he", "him", "his", "himself")}
# Adjectives that still sound right in "the little fox" later in the story.
_LASTING = set("little small young tiny gray brown old".split())


def with_article(noun):
    """Put the right indefinite article before a noun phrase."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def capitalise(text):
    """Upper-case the first letter, also behind an opening quote."""
    return re.sub(r"[A-Za-z]", lambda m: m.group().upper(), text, count=1)


@dataclass
class Being:
    """Somebody in a story; pronouns and kind never change once it exists."""

    name: str
    gender: str
    adjective: str
    kind: str
    limb: str

    def form(self, form, rng):
        """Return the requested form; forms starting with a capital are capitalised."""
        if form[0].isupper():
            return capitalise(self.form(form.lower(), rng))
        he, him, his, himself = _PRONOUNS[self.gender]
        kind = self.kind
        lasting = f"{self.adjective} {kind}" if self.adjective in _LASTING else kind
        if form == "ref":  # vary how a known being is mentioned
            form = rng.choices(["name", "the"], [3, 1])[0]
        return {
            "name": self.name, "he": he, "him": him, "his": his, "himself": himself,
            "kind": kind, "limb": self.limb, "the": f"the {lasting}",
            "a": with_article(f"{self.adjective} {kind}"),
        }[form]


def _invent_name(rng):
    name = "".join(rng.sample(world.SYLLABLES, rng.choice((2, 2, 3))))
    if rng.random() < 0.4:
        name += rng.choice(world.NAME_ENDS)
    return name.capitalize()


class Story:
    """One story under construction: random source, slots and text so far."""

    def __init__(self, rng):
        self.rng = rng
        self.slots = {}
        self.paragraphs = [[]]
        self.used_names, self.used_kinds = set(), set()

    # -- cast ------------------------------------------------------------
    def cast(self, slot, kinds=None):
        """Create a being with a name and kind nobody else in the story has."""
        rng = self.rng
        gender = rng.choice("fm")
        while True:
            if rng.random() < 0.15:
                name = _invent_name(rng)
            else:
                name = rng.choice(world.GIRL_NAMES if gender == "f" else world.BOY_NAMES)
            group = kinds or rng.choices(
                ["animal", "bird", "child", "people", "fantasy"], [40, 12, 20, 20, 8])[0]
            adjectives, limb = world.ANIMAL_ADJ, "paw"
            if group == "animal":
                kind = rng.choice(world.ANIMALS)
                limb = {"turtle": "foot", "frog": "foot", "pony": "hoof", "deer": "hoof",
                        "goat": "hoof", "lamb": "hoof"}.get(kind, "paw")
            elif group == "bird":
                kind, limb = rng.choice(world.BIRDS), "wing"
            elif group == "fantasy":
                kind = rng.choice(world.FANTASY)
                limb = "claw" if kind == "dragon" else "hand"
            elif group == "child":
                kind, limb, adjectives = ("girl" if gender == "f" else "boy"), "hand", world.CHILD_ADJ
            else:
                kind, limb, adjectives = rng.choice(world.PEOPLE), "hand", world.PEOPLE_ADJ
            if name not in self.used_names and kind not in self.used_kinds:
                break
        self.used_names.add(name)
        self.used_kinds.add(kind)
        being = Being(name, gender, rng.choice(adjectives), kind, limb)
        self.slots[slot] = being
        return being

    def cast_kin(self, slot):
        """Create a relative of the hero, always called e.g. "her grandmother"."""
        who = self.rng.choice(["mother", "father", "grandmother", "grandfather", "aunt", "uncle"])
        gender = "f" if who in ("mother", "grandmother", "aunt") else "m"
        his = self.slots["h"].form("his", self.rng)
        self.slots[slot] = Being(f"{his} {who}", gender, "dear", who, "hand")

    def set(self, **slots):
        """Store plain texts in slots."""
        self.slots.update(slots)

    # -- text ------------------------------------------------------------
    def expand(self, template):
        """Choose the alternatives of a template and fill in its slots."""
        while True:
            text = _ALTERNATIVES.sub(lambda m: self.rng.choice(m.group(1).split("|")), template)
            if text == template:
                break
            template = text
        def fill(match):
            value = self.slots[match.group(1)]
            if isinstance(value, Being):
                return value.form(match.group(2) or "name", self.rng)
            # A slot text may itself be a template, e.g. "hurt {h.his} foot".
            return self.expand(value)
        return " ".join(_SLOT.sub(fill, template).split())

    def say(self, *templates):
        """Add one of the given sentences."""
        self.paragraphs[-1].append(capitalise(self.expand(self.rng.choice(templates))))

    def maybe(self, chance, *templates):
        """Add one of the sentences, or nothing."""
        if self.rng.random() < chance:
            self.say(*templates)

    def speak(self, slot, *quotes, form="ref", reply=False):
        """Let a being say one of the quotes, with a fitting speech tag."""
        rng = self.rng
        quote = capitalise(self.expand(rng.choice(quotes)))
        who = self.slots[slot].form(form, rng)
        verbs = {"?": ["asked"], "!": ["cried", "called", "said"],
                 ".": ["answered", "said", "replied"] if reply else ["said", "said", "whispered"]}[quote[-1]]
        verb = rng.choice(verbs)
        if rng.random() < 0.35:
            line = f'{who} {verb}, "{quote}"'
        else:
            inner = quote[:-1] + "," if quote[-1] == "." else quote
            line = f'"{inner}" ' + (f"{verb} {who}." if rng.random() < 0.7 else f"{who} {verb}.")
        self.paragraphs[-1].append(capitalise(line))

    def paragraph(self):
        """Start a new paragraph (unless the last one is still empty)."""
        if self.paragraphs[-1]:
            self.paragraphs.append([])

    def text(self):
        """The finished story."""
        return "\n\n".join(" ".join(p) for p in self.paragraphs if p)
