// The linked library's part: HuggingFace's configs, the known models, random checkpoints.
#include <ttt/adaptor/batch.ipp>
#include <ttt/adaptor/compatibility.ipp>
#include <ttt/adaptor/config.ipp>
#include <ttt/adaptor/config_reader.ipp>
#include <ttt/adaptor/config_rope.ipp>
#include <ttt/adaptor/config_writer.ipp>
#include <ttt/adaptor/decoder.ipp>
#include <ttt/adaptor/describe.ipp>
#include <ttt/adaptor/families.ipp>
#include <ttt/adaptor/find_model.ipp>
#include <ttt/adaptor/generation_config.ipp>
#include <ttt/adaptor/loaded_model.ipp>
#include <ttt/adaptor/module_handle.ipp>
#include <ttt/adaptor/spec_fields.ipp>
#include <ttt/adaptor/synth.ipp>
#include <ttt/adaptor/synth_folder.ipp>
#include <ttt/adaptor/variants.ipp>
