// Continues many texts in the same steps, three ways, and checks that each text is the one that comes alone:
//   example_many_texts MODEL
#include <ttt/batch.hpp>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

using namespace ttt;

namespace {

int fail(const Error& error) { return std::fprintf(stderr, "%s\n", error.text().c_str()), 1; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s MODEL\n", argv[0]);
    return 2;
  }
  // Four texts at once. Their keys and values lie in pages, which have room for 768 positions where four whole contexts would
  // take 2048: texts that stay short share them. In fp32, so that the texts can be compared to the letter.
  LoadOptions options{.preset = Preset::exact, .policy = type_of<Policy<PagedKv<256>>>::config};
  options.workload = {.batch = 4, .context = 512, .kv_tokens = 768};
  auto model = from_huggingface(argv[1], options);
  if (!model) return fail(model.error());

  const std::vector<std::string> prompts{"Once upon a time", "The little dog", "Lily", "One day, a boy", "Tom and his mother"};
  const GenerateOptions how{.max_new_tokens = 60};
  std::vector<std::string> alone(prompts.size());
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    auto text = model->generate(prompts[i], how);
    for (const std::string_view piece : text) alone[i] += piece;
    if (text.error() != nullptr) return fail(*text.error());
  }
  int faults = 0;
  auto check = [&](const char* way, std::size_t i, const std::string& got) {
    if (got == alone[i]) return;
    std::fprintf(stderr, "%s, text %zu:\n%s\ninstead of:\n%s\n", way, i, got.c_str(), alone[i].c_str());
    ++faults;
  };

  // 1. A list of prompts; results in its order, each with its own error if it failed.
  const std::vector<BatchText> texts = model->generate_batch(prompts, how);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].error) return fail(*texts[i].error);
    std::printf("%s%s\n\n", prompts[i].c_str(), texts[i].text.c_str());
    check("generate_batch", i, texts[i].text);
  }

  // 2. A queue, into which texts can be put at any time. Whoever waits for a piece drives it.
  auto queue = model->scheduler();
  if (!queue) return fail(queue.error());
  std::string called;
  auto first = (*queue)->submit(prompts[0], how);
  auto second = (*queue)->submit(prompts[1], how, [&](std::string_view piece) {
    called += piece;
    return true;  // false would end the text
  });
  if (!first || !second) return fail(first ? second.error() : first.error());
  std::string pulled;
  while (const auto piece = first->next()) pulled += *piece;
  second->wait();
  check("next", 0, pulled);
  check("a callback", 1, called);

  // 3. The same queue from several threads, as a server would.
  std::vector<std::string> served(prompts.size());
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < prompts.size(); ++i)
    clients.emplace_back([&, i] {
      auto text = (*queue)->submit(prompts[i], how);
      while (const auto piece = text->next()) served[i] += *piece;
    });
  for (std::thread& client : clients) client.join();
  for (std::size_t i = 0; i < prompts.size(); ++i) check("a thread", i, served[i]);

  const SchedulerStats s = (*queue)->stats();
  std::printf("%lld steps read %lld tokens of prompts and decoded %lld\n", static_cast<long long>(s.steps),
              static_cast<long long>(s.prompt_tokens), static_cast<long long>(s.decoded_tokens));
  return faults == 0 ? 0 : 1;
}
