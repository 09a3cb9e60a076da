// The text that `tune` verifies numbers on where no other is given.
#pragma once

#include <string_view>

namespace ttt {

/// Plain prose with a list, numbers and a line of code in it.
inline constexpr std::string_view tune_passage =
    "Once upon a time there was a little girl who lived in a house by the sea. Every morning she walked down to the water "
    "to see what the waves had left for her, and one day she found a small box made of dark wood. Inside lay a key, a "
    "letter and three coins. The letter said: go to the mill on the hill before the sun sets, and take your brother with "
    "you. They set out at two o'clock with bread, cheese and 12 apples. To compute how far they had come, the boy counted "
    "his steps: 1,250 to the bridge, 3,400 to the wood. In a program one would write for (int i = 0; i < n; ++i) sum += "
    "step[i]; but he had only his fingers. When they arrived, the door was open, and an old man smiled at them.";

}  // namespace ttt
