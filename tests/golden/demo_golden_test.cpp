// The demo model, held to what its own PyTorch implementation computed in fp32 from the shipped weights.
#include <string>
#include <vector>

#include <ttt/engine.hpp>

#include "catch.hpp"
#include "golden_data.hpp"

namespace {

std::vector<std::int32_t> ids_of(ttt::json::Value list) {
  std::vector<std::int32_t> ids;
  for (const auto entry : list) ids.push_back(static_cast<std::int32_t>(entry.value.as_int().value_or(-1)));
  return ids;
}

}  // namespace

TEST_CASE("the demo model continues its prompts as the program that trained it does", "[golden]") {
  const std::string folder = std::string(TTT_SOURCE_ROOT) + "/tools/demo_model";
  const auto model = ttt::from_huggingface(folder + "/demo", {.preset = ttt::Preset::exact});
  REQUIRE(model);
  const auto golden = ttt::json::Document::read(folder + "/demo_golden.json");
  REQUIRE(golden);
  REQUIRE(golden->root()["cases"].size() == 3);
  for (const auto entry : golden->root()["cases"]) {
    const std::string prompt(entry.value["prompt"].as_string().value_or(""));
    INFO(prompt);
    const std::vector<std::int32_t> prompt_ids = ids_of(entry.value["prompt_ids"]);
    CHECK(model->tokenizer()->encode(prompt).value() == prompt_ids);
    const std::vector<std::int32_t> expected = ids_of(entry.value["greedy_ids"]);
    REQUIRE(expected.size() == 100);
    auto text = model->generate_ids(prompt_ids, {.max_new_tokens = 100,
                                                 .sampling = ttt::SamplingParams{},
                                                 .eos = std::vector<std::int32_t>{}});
    while (text.next_id()) {
    }
    REQUIRE(text.error() == nullptr);
    CHECK(std::vector<std::int32_t>(text.new_ids().begin(), text.new_ids().end()) == expected);
  }
}
