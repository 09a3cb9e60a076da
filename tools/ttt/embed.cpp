// ttt embed: one vector a text.
#include <fmt/format.h>

#include <algorithm>

#include <ttt/adaptor/sentence_embedder.hpp>

#include "command.hpp"
#include "console.hpp"
#include "given_texts.hpp"
#include "loading.hpp"

namespace ttt::tool {

namespace {

/// The first few texts that were too long, and how many there are more.
void note_left_out(const std::vector<Encoding>& texts, int most) {
  constexpr int named = 8;
  int count = 0;
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (texts[i].left_out > 0 && ++count <= named)
      note(fmt::format("note: text {} has {} tokens, and {} at most are taken: its last {} are left out\n", i,
                       texts[i].ids.size() + texts[i].left_out, most, texts[i].left_out));
  if (count > named) note(fmt::format("note: so it is with {} more texts\n", count - named));
}

Result<int> embed(const Arguments& arguments) {
  TTT_TRY(const std::vector<std::string> texts, given_texts(arguments));
  TTT_TRY(HowToRun how, how_to_run(arguments, "exact", Devices::emulated));
  TTT_TRY(const Found found, find_config(arguments, how));
  TTT_TRY(const SentenceEmbedder embedder,
          SentenceEmbedder::load(found.config.folder, longest_context(found.config.spec)));
  TTT_CHECK(embedder.check(OwnedModel(found.config.spec).view()));
  std::vector<Encoding> encoded;
  std::size_t longest = 1;
  for (const std::string& text : texts) {
    TTT_TRY(Encoding one, embedder.encode(text));
    longest = std::max(longest, one.ids.size());
    encoded.push_back(std::move(one));
  }
  note_left_out(encoded, embedder.most_tokens());
  how.options.workload.context = static_cast<int>(longest);
  TTT_TRY(const std::unique_ptr<Runner> runner, load_runner(found, how));

  json::Writer out;
  out.begin_object().key("embeddings").begin_array();
  const Progress progress = progress_bar("texts", Unit::count);
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    TTT_TRY(const std::vector<float> vector, embedder.embed(*runner, encoded[i]));
    out.begin_array();
    for (const float x : vector) out.value(x);
    out.end_array();
    if (progress) progress(i + 1, encoded.size());
  }
  out.end_array();
  if (arguments.has("json")) {
    out.key("tokens").begin_array();
    for (const Encoding& one : encoded) out.value(one.ids.size());
    out.end_array().key("left_out").begin_array();
    for (const Encoding& one : encoded) out.value(one.left_out);
    out.end_array().key("pooling").begin_array();
    for (const Pooling pooling : embedder.config().pooling) out.value(name_of(pooling));
    out.end_array().member("unit_length", embedder.config().unit_length);
    write_how(out, runner->state(), how, found);
  }
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return 0;
}

constexpr std::string_view options[] = {"text",   "batch_file", "threads", "pin",          "device",
                                        "policy", "preset",     "variant", "packed_cache", "json"};

}  // namespace

const Command embed_command{"embed",
                            "texts to vectors, as sentence-transformers makes them (always JSON)",
                            model_positional,
                            options,
                            "  ttt embed path/to/all-MiniLM-L6-v2 --text \"This is an example sentence\"\n"
                            "  ttt embed path/to/all-MiniLM-L6-v2 --batch texts.json --json\n",
                            embed};

}  // namespace ttt::tool
