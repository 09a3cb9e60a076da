// The linked library's part: verification.
#include <ttt/profile/activations_file.ipp>
#include <ttt/profile/deviation.ipp>
#include <ttt/profile/explained_error.ipp>
#include <ttt/profile/op_activations.ipp>
#include <ttt/profile/recording.ipp>
#include <ttt/profile/verify.ipp>
#include <ttt/profile/verify_cures.ipp>
#include <ttt/profile/verify_judge.ipp>
#include <ttt/profile/verify_rows.ipp>
#include <ttt/profile/verify_text.ipp>
