// The linked library's part: files and JSON (the only unit that sees simdjson).
#include <ttt/io/cache_folder.ipp>
#include <ttt/io/checkpoint.ipp>
#include <ttt/io/crc32c.ipp>
#include <ttt/io/file.ipp>
#include <ttt/io/folder_names.ipp>
#include <ttt/io/json.ipp>
#include <ttt/io/json_position.ipp>
#include <ttt/io/mapping.ipp>
#include <ttt/io/safetensors.ipp>
#include <ttt/io/safetensors_writer.ipp>
