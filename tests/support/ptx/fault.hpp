// What the interpreter of PTX says where a text, or what it does, is not as it must be.
#pragma once

#include <stdexcept>

namespace plotmill::test::ptx {

/// A text that the interpreter does not know, or a program that does what no program may.
class Fault : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace plotmill::test::ptx
