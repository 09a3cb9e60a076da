// The linked library's part: the search for policies.
#include <ttt/profile/logits_reference.ipp>
#include <ttt/profile/optimize.ipp>
#include <ttt/profile/optimize_text.ipp>
#include <ttt/profile/paired_passes.ipp>
#include <ttt/profile/paired_test.ipp>
#include <ttt/profile/report_match.ipp>
#include <ttt/profile/tune.ipp>
#include <ttt/profile/tune_candidates.ipp>
#include <ttt/profile/tune_changes.ipp>
#include <ttt/profile/tune_identity.ipp>
#include <ttt/profile/tune_json.ipp>
#include <ttt/profile/tune_model_bench.ipp>
#include <ttt/profile/tune_options.ipp>
#include <ttt/profile/tune_rounds.ipp>
#include <ttt/profile/tune_search.ipp>
#include <ttt/profile/tune_state.ipp>
