// The linked library's part: programs of other frameworks, written from a plan.
#include <ttt/adaptor/emit/ttnn_attention.ipp>
#include <ttt/adaptor/emit/ttnn_configs.ipp>
#include <ttt/adaptor/emit/ttnn_feed_forward.ipp>
#include <ttt/adaptor/emit/ttnn_generation.ipp>
#include <ttt/adaptor/emit/ttnn_layers.ipp>
#include <ttt/adaptor/emit/ttnn_model.ipp>
#include <ttt/adaptor/emit/ttnn_program.ipp>
#include <ttt/adaptor/emit/ttnn_test.ipp>
#include <ttt/adaptor/emit/ttnn_weights.ipp>
