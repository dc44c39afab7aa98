// What every unit test includes, compiled once.
#include <gtest/gtest.h>

#include "tests/pch/std.h"
