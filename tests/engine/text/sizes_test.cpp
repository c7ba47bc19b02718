#include "engine/text/sizes.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace plotmill;

TEST_CASE("sizes: units of 1000 and of 1024 are read") {
  CHECK(parse_size("1000000") == 1000000);
  CHECK(parse_size("64MB") == 64000000);
  CHECK(parse_size("512MiB") == 536870912);
  CHECK(parse_size("1GiB") == 1073741824);
  CHECK(parse_size("1 gib") == 1073741824);
  CHECK(parse_size("1.5GiB") == 1610612736);
  CHECK(parse_size("2TiB") == 2199023255552);
  CHECK(parse_size("7B") == 7);
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("sizes: anything else is refused") {
  for (const char* text : {"", "GiB", "1G", "-1", "+1", " 1", "1  GiB", "1GiB ", "1,5GiB", "1.GiB", ".5GiB", "1e9",
                           "1.1234567GiB", "0x10", "lots"}) {
    CAPTURE(text);
    CHECK(!parse_size(text));
  }
}

TEST_CASE("sizes: what does not fit 64 bits is refused and never wraps") {
  CHECK(!parse_size("18446744073709551616"));
  CHECK(!parse_size("99999999999999999999999"));
  CHECK(!parse_size("16777216TiB"));
  CHECK(parse_size("16777215.999999TiB"));
  CHECK(!parse_size("18446744073709551615KiB"));
}

TEST_CASE("sizes: bytes are shown with one decimal at most") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(1023) == "1023 B");
  CHECK(format_bytes(1024) == "1 KiB");
  CHECK(format_bytes(1536) == "1.5 KiB");
  CHECK(format_bytes(1048575) == "1 MiB");
  CHECK(format_bytes(536870912) == "512 MiB");
  CHECK(format_bytes(std::uint64_t{3} << 60U) == "3 EiB");
  CHECK(format_bytes(std::numeric_limits<std::uint64_t>::max()) == "16 EiB");
}
