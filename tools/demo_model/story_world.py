"""The small world the demo stories play in: beings, homes, things, weather.

Nothing here knows about plots.  The lists are deliberately compositional
(colour x thing, adjective x home x landmark, ...) so that a few lines of data
give very many distinct but consistent settings.
"""

GIRL_NAMES = """Anna Bella Clara Daisy Ella Fern Greta Hazel Ida Ivy June Kira
Lily Lucy Luna Mara Mia Mila Mira Molly Nina Nora Olga Pearl Penny Pia Poppy
Rosa Ruby Sara Sofia Tess Tilly Vera Willow Wanda Zara Zoe Emma Alice Maya
Lena Heidi""".split()

BOY_NAMES = """Adam Albert Anton Ben Bruno Carl Dan Emil Felix Finn Fred Georg
Hugo Ian Jack Jonas Kai Karl Leo Louis Max Milo Moss Ned Nico Noah Oliver Otto
Oscar Paul Pip Rafi Rolf Sam Simon Theo Tim Toby Tom Victor Walter Will
Yuri""".split()

# Pieces for invented names.  They keep the model from relying on known names:
# it has to copy whatever name the story (or the prompt) starts with.
SYLLABLES = """ba be bo da do el fa fi ga go ha in ja jo ka ki ko la li lo ma
me mo na ne no or pa pe ra ri ro sa si so ta te ti to ul va ve vo wa wi ya yo
za zi zu""".split()
NAME_ENDS = "n r s l x k m th rd sh".split()

ANIMALS = """rabbit fox mouse bear hedgehog cat dog squirrel badger otter mole
beaver goat lamb pony deer raccoon turtle frog""".split()
BIRDS = "duck owl sparrow goose robin penguin crow".split()
FANTASY = ["dragon", "robot", "elf", "giant", "snowman"]
PEOPLE = """baker farmer gardener sailor painter shepherd tailor clockmaker
fisher miller teacher carpenter""".split()

ANIMAL_ADJ = "little small young tiny gray brown clever shy brave cheerful curious gentle quiet".split()
PEOPLE_ADJ = "young old kind clever shy brave cheerful curious gentle quiet poor busy".split()
CHILD_ADJ = "little small young clever shy brave cheerful curious gentle quiet".split()

TRAITS = "kind brave curious cheerful gentle clever patient honest friendly hopeful careful thoughtful".split()

HOBBIES = [
    "sing [old|happy|funny] songs", "count the stars", "watch the clouds",
    "collect [smooth|shiny|round] stones", "draw [little |]pictures in the sand",
    "climb [trees|the hills]", "listen to the wind", "tell [funny|long|old] stories",
    "bake [sweet|warm|small] bread", "pick [wild flowers|berries]",
    "read by the window", "dance in the [rain|morning sun]",
    "build [little houses|towers] out of [sticks|stones]", "play [games|hide and seek] with [the others|the neighbors]",
]

HOME_ADJ = "small quiet tiny sunny little cozy peaceful pretty old".split()
# kind of home -> (preposition, the place around it that others share)
HOMES = {
    "village": ("in", "village"), "town": ("in", "town"), "farm": ("on", "farm"),
    "valley": ("in", "valley"), "cottage": ("in", "valley"), "house": ("in", "village"),
}
# landmark -> (where the home lies, places nearby)
LANDMARKS = {
    "sea": (["by the sea", "near the sea", "beside the blue sea"],
            ["the beach", "the harbor", "the old lighthouse", "the tall rocks", "the sand dunes", "the fishing boats"]),
    "forest": (["at the edge of the forest", "deep in the forest", "near a dark forest"],
               ["the tall oak", "the mossy stones", "the little stream", "the blackberry bushes", "the hollow tree", "the pine trees"]),
    "river": (["near a wide river", "by the river", "beside a slow river"],
              ["the wooden bridge", "the tall reeds", "the old mill", "the stepping stones", "the willow tree", "the muddy bank"]),
    "hills": (["between two green hills", "among the hills", "behind the green hills"],
              ["the windy hilltop", "the old well", "the stone wall", "the sheep field", "the apple trees", "the narrow path"]),
    "mountain": (["at the foot of a mountain", "high in the mountains", "below a snowy mountain"],
                 ["the rocky path", "the cold spring", "the small cave", "the pine trees", "the flat rock", "the high meadow"]),
    "lake": (["by a blue lake", "beside a quiet lake", "near a deep lake"],
             ["the wooden pier", "the tall reeds", "the little island", "the pebble beach", "the willow tree", "the water lilies"]),
}

# weather -> (adjective for "a ... morning", sentences)
WEATHER = {
    "sunny": ["The sun [was shining|shone brightly] and the sky was blue.",
              "It was warm, and [bees hummed in the flowers|birds were singing].",
              "There was not a single cloud in the sky.",
              "The sun felt warm on {h.his} face."],
    "windy": ["The wind [was blowing|blew hard] and the leaves danced [in the air|around].",
              "A strong wind shook the [trees|windows].",
              "Big clouds raced across the sky.",
              "The wind pulled at {h.his} [coat|scarf]."],
    "rainy": ["The rain [fell softly|was falling] on the roofs.",
              "Raindrops ran down the window.",
              "There were [puddles everywhere|gray clouds over the roofs].",
              "It had been raining [all night|since early morning]."],
    "snowy": ["[Soft|White] snow covered [the roofs|the ground].",
              "Snowflakes fell [slowly|softly] from the gray sky.",
              "The air was cold and the snow was deep.",
              "Everything was white and [quiet|still]."],
    "foggy": ["A [thick|white] fog lay over [the fields|the path].",
              "The fog was so thick that {h} could [hardly|barely] see the path.",
              "Everything looked gray and [soft|strange] in the fog."],
}

COLORS = "red blue green yellow white purple orange".split()
METALS = "silver golden shiny".split()
# thing -> (adjectives, what one does with it: infinitive, past)
THINGS = {
    "kite": (COLORS + ["paper"], ("fly it high in the wind", "flew it high in the wind")),
    "boat": (COLORS + ["wooden", "toy"], ("sail it on the water", "sailed it on the water")),
    "drum": (COLORS + ["wooden", "round"], ("play it for the neighbors", "played it for the neighbors")),
    "lantern": (COLORS + METALS + ["paper"], ("light it in the dark", "lit it in the dark")),
    "scarf": (COLORS + ["woolen", "striped", "soft"], ("wear it on cold days", "wore it on cold days")),
    "hat": (COLORS + ["straw", "striped", "warm"], ("wear it every day", "wore it every day")),
    "ball": (COLORS + ["striped", "round"], ("play with it in the grass", "played with it in the grass")),
    "bell": (METALS + ["little", "brass"], ("ring it loud and clear", "rang it loud and clear")),
    "flute": (METALS + ["wooden", "little"], ("play a song on it", "played a song on it")),
    "blanket": (COLORS + ["woolen", "soft", "warm"], ("sleep under it", "slept under it")),
    "basket": (COLORS + ["straw", "round"], ("fill it with berries", "filled it with berries")),
    "umbrella": (COLORS + ["striped"], ("open it in the rain", "opened it in the rain")),
    "book": (COLORS + ["old", "thick"], ("read it by the fire", "read it by the fire")),
    "cart": (COLORS + ["wooden", "little"], ("pull it up the road", "pulled it up the road")),
    "puppet": (COLORS + ["wooden", "funny"], ("make it dance", "made it dance")),
    "swing": (COLORS + ["wooden"], ("ride on it in the garden", "rode on it in the garden")),
}
# things that can be made, and the three materials needed
MATERIALS = {
    "kite": ["some thin paper", "two light sticks", "a long string"],
    "boat": ["a piece of wood", "a white cloth", "some strong glue"],
    "drum": ["an empty barrel", "a round skin", "a thick rope"],
    "lantern": ["a glass jar", "a bit of wire", "a small candle"],
    "scarf": ["a ball of wool", "two long needles", "a little button"],
    "blanket": ["some old cloth", "a bag of wool", "a strong thread"],
    "cart": ["four small wheels", "some wooden boards", "a box of nails"],
    "puppet": ["a piece of wood", "some colored cloth", "a thin string"],
    "swing": ["a flat board", "a strong rope", "two iron hooks"],
    "flute": ["a hollow reed", "a sharp knife", "a drop of wax"],
}
# small things that can get lost, be owned and be found
LOSABLE = "kite scarf hat ball bell flute book basket umbrella lantern puppet".split()

# dish -> three ingredients
DISHES = {
    "apple cake": ["apples", "flour", "honey"],
    "carrot soup": ["carrots", "onions", "salt"],
    "honey cake": ["honey", "eggs", "flour"],
    "berry pie": ["berries", "butter", "sugar"],
    "pumpkin soup": ["pumpkins", "cream", "salt"],
    "nut bread": ["nuts", "flour", "milk"],
    "cherry pie": ["cherries", "sugar", "eggs"],
    "plum cake": ["plums", "butter", "flour"],
}

PLANTS = {
    "sunflower": "yellow", "rose": "red", "apple tree": "green", "pumpkin": "orange",
    "tulip": "purple", "bean plant": "green", "strawberry plant": "red", "cherry tree": "white",
}

# fear -> (what it hinders: infinitive, how it feels, past form of overcoming)
FEARS = {
    "the dark": ("walk home after sunset", "It was full of shadows", "walked through the dark"),
    "deep water": ("swim with the others", "It was cold and had no bottom", "swam across the deep water"),
    "high places": ("climb up to the lookout", "Everything looked so far down there", "climbed all the way up"),
    "thunder": ("sleep during a storm", "It was so loud", "listened to the thunder"),
    "loud noises": ("go to the summer fair", "They made {h.his} ears ring", "walked right through the noisy fair"),
    "talking to strangers": ("make new friends", "{h.His} voice always went away", "talked to every guest"),
}

# contest -> (preparing: past, mishap: past, what a helper does about it: past)
CONTESTS = {
    "boat race": ("rowed across the water", "[broke|lost] an oar", "found a new oar"),
    "baking contest": ("baked one cake after another", "burned the cake", "helped {h.him} to bake a new cake"),
    "running race": ("ran up and down the road", "hurt {h.his} foot", "put a cool leaf around the foot"),
    "singing contest": ("sang the same song again and again", "lost {h.his} voice", "gave {h.him} warm tea with honey"),
    "kite contest": ("tried every kind of wind", "tore the kite", "mended the kite with a ribbon"),
    "dancing contest": ("danced from morning to night", "tore {h.his} shoe", "sewed the shoe together again"),
}

SIGHTS = {
    "the big waterfall": "The water fell down like a white curtain",
    "the singing tree": "The leaves sang softly in the wind",
    "the castle of glass": "The walls shone in every color",
    "the valley of butterflies": "Thousands of butterflies filled the air",
    "the oldest lighthouse": "The light turned slowly above the waves",
    "the garden of the moon": "White flowers opened in the moonlight",
    "the rainbow bridge": "The bridge shone in seven colors",
    "the sleeping giant": "The giant snored and the ground shook",
}

# obstacle -> (first failed try, second failed try, solution with a helper: past)
OBSTACLES = {
    "a wide river": ("tried to jump across, but the river was too wide",
                     "tried to swim, but the water was too fast",
                     "built a raft out of branches and crossed the river"),
    "a high wall": ("tried to climb it, but the stones were too smooth",
                    "looked for a door, but there was none",
                    "made a ladder out of branches and climbed over the wall"),
    "a deep snowdrift": ("tried to walk over it, but sank in at once",
                         "tried to dig, but the snow fell back again",
                         "stamped a path through the snow, step by step"),
    "a thick hedge of thorns": ("tried to push through, but the thorns were sharp",
                                "tried to crawl under it, but got stuck",
                                "found a small gap and held the thorns apart"),
    "a broken bridge": ("tried to step over the hole, but it was too wide",
                        "tried to find another bridge, but there was none",
                        "put a long tree trunk over the hole and walked across"),
    "a grumpy troll": ("asked politely, but the troll only shook its head",
                       "tried to tiptoe past, but the troll woke up",
                       "sang the troll a song until it smiled and stepped aside"),
}

# trouble a small creature can be in -> (how it is found, how it is freed: past)
TROUBLES = [
    ("was stuck between two stones", "pushed the stones apart"),
    ("was caught in a thorn bush", "pulled the thorns away one by one"),
    ("had fallen into a deep hole", "lowered a long branch into the hole"),
    ("was tangled in an old net", "untied every knot of the net"),
    ("had hurt {x.his} leg", "wrapped a soft leaf around the leg"),
    ("was shivering in the cold", "shared {h.his} warm coat"),
    ("had lost the way home", "walked with {x.him} until they saw the right house"),
    ("was very hungry", "shared all the bread in {h.his} bag"),
]

# what the noise at night sounds like -> what it really was
NOISES = {
    "a soft tapping": "tapping on a tree because {x.he} wanted to be heard",
    "a strange humming": "humming a song to feel less alone",
    "a sad crying": "crying because {x.he} missed {x.his} family",
    "a loud thumping": "thumping on a hollow log to call for help",
    "a quiet scratching": "scratching at a tree because {x.he} was cold",
    "a long howling": "howling because {x.he} had no one to talk to",
}

MORALS = {
    "share": ["[good things|all good things] grow when you share them",
              "sharing makes [everything better|everyone happy]",
              "a thing is [twice as nice|much more fun] when you share it"],
    "friend": ["a good friend is worth more than [gold|any treasure]",
               "nobody has to do everything alone",
               "[two friends|friends] can do what one cannot"],
    "brave": ["being brave means trying even when you are afraid",
              "a [small|tiny] step can be a very brave one",
              "courage grows [a little|a bit] every day"],
    "kind": ["kindness always finds its way back",
             "a small kindness is never [lost|wasted]",
             "you are never too small to help"],
    "patient": ["good things need time", "patience is [stronger than hurry|a kind of magic]",
                "you should never give up too soon"],
    "honest": ["the truth is lighter than a secret", "it is always better to tell the truth",
               "an honest word can mend [many things|almost everything]"],
}
