// Profiling a loaded model: where its time goes, where it should, and what to try.
//
//     auto report = model->profile(ttt::ProfileOptions{.prompt = 512, .decode = 64});
//     for (const ttt::Bottleneck& b : report->bottlenecks())
//       fmt::print("{}: {:.2f} ms (expected: {:.2f}); try {}\n", b.path, b.actual_ms, b.expected_ms,
//                  b.suggestions.empty() ? "" : b.suggestions[0].policy);
#pragma once

#include <ttt/profile/calibration_file.hpp>
#include <ttt/profile/comparison_json.hpp>
#include <ttt/profile/optimize.hpp>
#include <ttt/profile/optimize_text.hpp>
#include <ttt/profile/page.hpp>
#include <ttt/profile/profile.hpp>
#include <ttt/profile/report_json.hpp>
#include <ttt/profile/report_match.hpp>
#include <ttt/profile/report_text.hpp>
#include <ttt/profile/saved_report.hpp>
#include <ttt/ttt.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/everything.ipp>
#endif
