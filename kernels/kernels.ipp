// Every non-template definition of the kernels: what ttt.ipp includes.
#pragma once

#include <ttt/kernels/isa.ipp>
#include <ttt/kernels/pack.ipp>
#include <ttt/kernels/table.ipp>
