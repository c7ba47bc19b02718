// A program with one fault of the kind that its first argument names; it ends with the code that the second one gives.
// tests/tools/sanitizers_test.py shows with it that a fault in a tested command fails the test, whatever the code.
#include <chrono>
#include <climits>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>

namespace {

// Volatile, so that the compiler can't see the fault and leave it out.
int* volatile lost = nullptr;
volatile int number = INT_MAX;
int shared = 0;

void leak() {
  lost = new int[10];
  lost = nullptr;
}

void use_after_free() {
  auto owner = std::make_unique<int>(1);
  lost = owner.get();
  owner.reset();
  number = *lost;
}

void overflow() { number = number + 1; }

void race() {
  std::thread other([] { ++shared; });
  ++shared;
  other.join();
}

void lost_thread() {
  // It has ended, but nobody has joined it.
  lost = reinterpret_cast<int*>(new std::thread([] {}));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
}

}  // namespace

int main(int, char** arguments) {
  const std::string_view fault = arguments[1];
  if (fault == "leak") leak();
  if (fault == "use after free") use_after_free();
  if (fault == "overflow") overflow();
  if (fault == "race") race();
  if (fault == "lost thread") lost_thread();
  return std::atoi(arguments[2]);
}
