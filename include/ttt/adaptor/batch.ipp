// Definitions of batch.hpp.
#pragma once

#include <ttt/adaptor/batch.hpp>
#include <ttt/adaptor/config.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

TTT_INLINE Result<std::shared_ptr<Scheduler>> Batching::scheduler(const LoadedModel& model, SchedulerOptions options) {
  options.defaults = model.completed(std::move(options.defaults));
  if (!options.bos) options.bos = model.config().generation.bos;
  return Scheduler::create(model.runner(), model.tokenizer(), std::move(options));
}

TTT_INLINE std::vector<BatchText> Batching::generate(const LoadedModel& model, const BatchRequests& requests,
                                                     const GenerateOptions& options, const Piece& piece) {
  const std::vector<BatchRequest>& asked = requests.list();
  std::vector<BatchText> out(asked.size());
  const Result<std::shared_ptr<Scheduler>> scheduler =
      Batching::scheduler(model, {.most_waiting = std::max<int>(1, static_cast<int>(std::min<std::size_t>(asked.size(), 1 << 24)))});
  std::vector<std::optional<ScheduledText>> texts(asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const BatchRequest& r = asked[i];
    if (!scheduler) {
      out[i].error = scheduler.error();
      continue;
    }
    PieceCallback take = [&out, &piece, i](std::string_view said) {
      out[i].text += said;
      return !piece || piece(i, said);
    };
    const GenerateOptions& its = r.options ? *r.options : options;
    Result<ScheduledText> text = r.ids.empty() ? (*scheduler)->submit(r.prompt, its, std::move(take))
                                               : (*scheduler)->submit_ids(r.ids, its, std::move(take));
    if (text)
      texts[i].emplace(std::move(*text));
    else
      out[i].error = text.error();
    if (out[i].error) out[i].stats.end = GenerationEnd::error;
  }
  if (scheduler) (*scheduler)->run();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!texts[i]) continue;
    out[i].ids = texts[i]->new_ids();
    out[i].stats = texts[i]->stats();
    if (texts[i]->error() != nullptr) out[i].error = *texts[i]->error();
  }
  return out;
}

}  // namespace ttt
