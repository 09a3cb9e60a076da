// Every device ttt knows.
#pragma once

#include <ttt/policy/devices/cpu.hpp>
#include <ttt/policy/devices/cuda.hpp>
#include <ttt/policy/devices/ttnn.hpp>
