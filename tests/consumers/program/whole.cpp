// The same program as one source.
#include "main.cpp"
#include "other.cpp"
