// The model of a TTNN program as a whole: tables, steps, generation, and what a mock device runs.
#pragma once

#include <fmt/format.h>

#include <ttt/adaptor/emit/python_text.hpp>
#include <ttt/adaptor/emit/ttnn_model.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt::emitting {

inline constexpr std::string_view tables_py = R"py(# Radians a position for each pair of a head's numbers: <rope>.
INVERSE_FREQUENCIES = [
<frequencies>]


def rotary_tables():
    """cos and sin [POSITIONS, HEAD_DIM] for pairs 2i, 2i + 1."""
    angles = np.outer(np.arange(POSITIONS), INVERSE_FREQUENCIES).repeat(2, axis=1)
    return (<factor>np.cos(angles)).astype(np.float32), (<factor>np.sin(angles)).astype(np.float32)


def turn_matrix():
    """What a row is multiplied by to have -x[2i + 1], x[2i] in place of x[2i], x[2i + 1]."""
    turn = np.zeros((TILE, TILE), np.float32)
    turn[np.arange(0, TILE, 2), np.arange(1, TILE, 2)] = 1
    turn[np.arange(1, TILE, 2), np.arange(0, TILE, 2)] = -1
    return turn


class Step:
    """What all layers of one step share."""

    def __init__(self, **shared):
        self.__dict__.update(shared)
)py";

inline constexpr std::string_view model_class_py = R"py(

class Model:
    """Weights, caches and tables on a device. Without a checkpoint all tensors are empty."""

    def __init__(self, device, checkpoint=None):
        self.device, self.filled = device, checkpoint is not None
        self.layers = [LayerWeights(device, how, index, checkpoint) for index, how in enumerate(LAYERS)]
        self.norm = norm_weight(device, checkpoint("<norm>.weight") if checkpoint else None)
        # Row-major bf16, as TTNN's embedding takes it: <embedding_policy><embedding_cut>
        table = checkpoint("<embedding>.weight") if checkpoint else None
        self.embedding = tensor(device, (1, 1, VOCABULARY, <table_columns>), layout=ttnn.ROW_MAJOR_LAYOUT, values=table<table_cut>)
        head = <head>
        self.head, first = [], 0
        for product in HEAD:
            last = first + product.n<head_chips>
            self.head.append(product.load(device, head[first:last].T if checkpoint else None<head_cut>))
            first = last
        cos, sin = rotary_tables() if checkpoint else (None, None)
        turn = turn_matrix() if checkpoint else None
        shape = (1, 1, POSITIONS, HEAD_DIM)
        self.rows = [tensor(device, shape, layout=ttnn.ROW_MAJOR_LAYOUT, values=v) for v in (cos, sin)]  # looked up in decoding
        self.turns = tensor(device, (1, 1, TILE * BATCH, TILE), values=None if turn is None else np.tile(turn, (BATCH, 1)))
        self.tables = [tensor(device, shape, values=v) for v in (cos, sin)]  # sliced in prompts
        self.turn = tensor(device, (1, 1, TILE, TILE), values=turn)
        # Each session has its own pages, in order; a server would deal them out.
        self.page_numbers = np.arange(BATCH * PAGES, dtype=np.int32).reshape(BATCH, PAGES)
        self.pages = self.numbers(self.page_numbers, ttnn.int32)

    def numbers(self, values, dtype):
        """Whole numbers, the same on every chip."""
        return tensor(self.device, values.shape, dtype, layout=ttnn.ROW_MAJOR_LAYOUT, values=values if self.filled else None)

    def embed(self, ids):
        """ids [1, tokens], tokens in whole tiles, to rows [1, 1, tokens, HIDDEN]."""
        x = ttnn.embedding(self.numbers(ids, ttnn.uint32), self.embedding, layout=ttnn.TILE_LAYOUT, dtype=ttnn.bfloat16, memory_config=DRAM)
        x = ttnn.reshape(x, (1, 1, ids.shape[1], <table_columns>))
<gather>
<narrow>
        return x

    def logits(self, x):
        """Of one row of tiles in RESIDUAL: the head's pieces, each [1, 1, 32, columns]<of_chips>."""
        h = decode_norm(x, self.norm)
        return [ttnn.to_memory_config(product.decode(h, weight), DRAM) for product, weight in zip(HEAD, self.head)]

    def rotary(self, positions):
        """cos, sin and the turn for the sessions' positions, in their L1 shards<stays>."""
        out = []
        at = self.numbers(positions, ttnn.uint32)
        for table in self.rows:
            t = ttnn.embedding(at, table, layout=ttnn.TILE_LAYOUT, memory_config=DRAM)
            t = ttnn.transpose(ttnn.reshape(t, (1, 1, TILE, HEAD_DIM)), 1, 2)
            t = ttnn.slice(t, (0, 0, 0, 0), (1, BATCH, 1, HEAD_DIM)) if BATCH < TILE else t
            out.append(<keep_table>)
        return out + [<keep_turn>]

    def decode(self, ids, positions):
        """One token of every session at its position; gives the head's pieces, row i for session i."""
        tokens, places = np.zeros((1, TILE), np.uint32), np.zeros((1, TILE), np.uint32)
        tokens[0, :BATCH], places[0, :BATCH] = ids, positions
        step = Step(position=self.numbers(places[0, :BATCH].astype(np.int32), ttnn.int32), pages=self.pages, rotary=self.rotary(places))
        x = ttnn.to_memory_config(self.embed(tokens), RESIDUAL)
        for w in self.layers:
            x = decode_attention(x, w, step)
            x = decode_mlp(x, w)
        return self.logits(x)

    def prompt_step(self, session, ids, start, tokens):
        """The session's tokens from `start` on, padded to `tokens`."""
        padded = np.zeros((1, tokens), np.uint32)
        padded[0, :len(ids)] = ids
        row = self.page_numbers[session:session + 1]
        cos, sin = (t if tokens == POSITIONS else ttnn.slice(t, (0, 0, start, 0), (1, 1, start + tokens, HEAD_DIM)) for t in self.tables)
        step = Step(start=start, tokens=tokens, cos=cos, sin=sin, turn=self.turn, pages=self.numbers(row, ttnn.int32),
                    new_pages=self.numbers(row[:, start // PAGE:(start + tokens) // PAGE], ttnn.int32))
        x = self.embed(padded)
        for w in self.layers:
            x = prompt_attention(x, w, step)
            x = prompt_mlp(x, w)
        return x

    def prompt(self, session, ids):
        """Reads a session's prompt; gives the head's pieces for its last token, and the row it stands in."""
        for start, tokens in chunks(len(ids)):
            x = self.prompt_step(session, ids[start:start + tokens], start, tokens)
            last = len(ids) - 1 - start
            if last < tokens:
                first = last // TILE * TILE
                x = ttnn.slice(x, (0, 0, first, 0), (1, 1, first + TILE, HIDDEN))
                return self.logits(ttnn.to_memory_config(x, RESIDUAL)), last - first
            del x

    def on_host(self, pieces):
        """The head's pieces as numpy [32, VOCABULARY]."""
<gather_pieces>
        parts = [ttnn.to_dtype(ttnn.from_device(p), ttnn.float32).to_numpy(<composer>) for p in pieces]
        return np.concatenate(parts, axis=3)[0, 0, :, :VOCABULARY]


def chunks(tokens):
    """Starts and lengths of a prompt's steps: CHUNK tokens, then the least power of two that covers the rest and whose pages
    exist, or the next."""
    start = 0
    while start < tokens:
        length = PAGE
        while length < min(CHUNK, tokens - start):
            length *= 2
        while start + length > POSITIONS:
            length //= 2
        yield start, length
        start += length


def generate(model, prompts, count):
    """Greedy continuations: one list of ids for each session that has a prompt."""
    ids, places = [0] * BATCH, [0] * BATCH
    for session, prompt in enumerate(prompts):
        pieces, row = model.prompt(session, prompt)
        ids[session], places[session] = int(model.on_host(pieces)[row].argmax()), len(prompt)
    out = [[ids[session]] for session in range(len(prompts))]
    while len(out[0]) < count and max(places) < CONTEXT:
        ids = [int(i) for i in model.on_host(model.decode(ids, places))[:BATCH].argmax(axis=1)]
        places = [place + 1 for place in places]
        for session, ids_of in enumerate(out):
            ids_of.append(ids[session])
    return out


def run(_, device):
    """What a mock device checks: every op of prompts of all kinds and of decoding, on empty tensors."""
    model = Model(device)
    model.prompt(0, [0] * min(CONTEXT, 2 * CHUNK))  # whole chunks: the second one reads the cache
    model.prompt(BATCH - 1, [0])                    # the shortest step
    model.decode([0] * BATCH, [CONTEXT - 1] * BATCH)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkpoint", help="a HuggingFace folder with *.safetensors")
    parser.add_argument("--empty", action="store_true", help="run on empty tensors")
    parser.add_argument("--ids", action="append", help="a prompt's token ids, 1,2,3; once for each of up to BATCH sessions")
    parser.add_argument("-n", type=int, default=32, help="tokens to generate")
    options = parser.parse_args()
    if bool(options.checkpoint) == options.empty:
        parser.error("give --checkpoint DIR, or --empty")
    prompts = [[int(i) for i in ids.split(",")] for ids in options.ids or ["0"]]
    if len(prompts) > BATCH or max(len(p) for p in prompts) >= CONTEXT:
        parser.error(f"at most {BATCH} prompts of fewer than {CONTEXT} tokens")
<fabric>
    device = ttnn.open_mesh_device(ttnn.MeshShape(1, CHIPS))
    try:
        model = Model(device, Checkpoint(options.checkpoint) if options.checkpoint else None)
        for ids in generate(model, prompts, options.n):
            print(",".join(str(i) for i in ids))
    finally:
        ttnn.close_mesh_device(device)


if __name__ == "__main__":
    main()
)py";

inline std::string frequencies_text(const TtnnModel& m) {
  std::string out;
  for (std::size_t i = 0; i < m.inverse_frequencies.size(); ++i)
    out += fmt::format("{}{:.9g}{}", i % 6 == 0 ? "    " : " ", static_cast<double>(m.inverse_frequencies[i]),
                       i + 1 == m.inverse_frequencies.size() || i % 6 == 5 ? ",\n" : ",");
  return out;
}

inline std::string rope_text(const RopeSpec& rope) {
  std::string out = fmt::format("{} rotary positions, theta {}", name_of(rope.type), rope.theta.v);
  if (rope.factor.v != 1) out += fmt::format(", factor {}", rope.factor.v);
  return out;
}

TTT_INLINE std::string generation_text(const TtnnModel& m) {
  const NameMap& n = m.options.names;
  const bool several = m.chips() > 1, tied = !m.head.tied_to.empty();
  auto checkpoint_name = [](std::string_view name) { return std::string(name); };
  std::string out = section("the whole model");
  out += filled(tables_py, {{"rope", rope_text(m.attention().rope)},
                         {"frequencies", frequencies_text(m)},
                         {"factor", m.rotary_factor == 1 ? "" : fmt::format("{:.9g} * ", static_cast<double>(m.rotary_factor))}});
  out += filled(
      model_class_py,
      {{"norm", checkpoint_name(n.norm)},
       {"embedding", checkpoint_name(n.embedding)},
       {"embedding_policy", policy_text(m.embedding_knobs, "", "weights.embedding")},
       {"embedding_cut", several ? ", " + policy_text(m.embedding_knobs, "", "shard.embedding") : ""},
       {"table_columns", m.embedding_chips() > 1 ? "HIDDEN // CHIPS" : "HIDDEN"},
       {"table_cut", m.embedding_chips() > 1 ? ", cut=3" : ""},
       {"head_chips", m.head_chips() > 1 ? " * CHIPS" : ""},
       {"head_cut", m.head_chips() > 1 ? ", cut=3" : ""},
       {"of_chips", m.head_chips() > 1 ? " of every chip" : ""},
       {"gather_pieces", !several              ? ""
                         : m.head_chips() > 1 ? "        gather = ttnn.ConcatMeshToTensor(self.device, dim=3)\n"
                                              : "        gather = ttnn.ConcatMeshToTensor(self.device, dim=0)  # all alike: the first is taken\n"},
       {"composer", several ? "mesh_composer=gather" : ""},
       {"head", tied ? "table  # tied" : fmt::format("checkpoint(\"{}.weight\") if checkpoint else None", n.head)},
       {"gather", m.embedding_chips() > 1 ? "        x = ttnn.all_gather(x, dim=3)\n" : ""},
       {"narrow", m.activations() != DType::bf16 ? "        x = ttnn.typecast(x, ACTIVATIONS)\n" : ""},
       {"stays", m.rotary_stays ? "" : ", layer by layer: here in DRAM"},
       {"keep_table", m.rotary_stays ? "ttnn.to_memory_config(t, by_session(HEAD_DIM))" : "t"},
       {"keep_turn", m.rotary_stays ? "ttnn.to_memory_config(self.turns, by_session(TILE))" : "self.turns"},
       {"fabric", several ? "    ttnn.set_fabric_config(ttnn.FabricConfig.FABRIC_1D)  # chip to chip\n" : ""}});
  return out;
}

}  // namespace ttt::emitting
