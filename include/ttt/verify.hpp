// Verifying a loaded model: is it still right as it is configured, and if not, which module is at fault.
//
//     auto report = model->verify({.text = "Once upon a time"});
//     if (!report->ok()) fmt::print("{}: {}\n", report->first_bad, report->row(report->first_bad)->why);
//     auto again = model->layers[15].attention.verify();   // that module alone, on what was recorded
#pragma once

#include <ttt/profile/activations_file.hpp>
#include <ttt/profile/verify.hpp>
#include <ttt/profile/verify_judge.hpp>
#include <ttt/profile/verify_rows.hpp>
#include <ttt/profile/verify_text.hpp>
#include <ttt/ttt.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/everything.ipp>
#endif
