// See workers.hpp.
#include "stages/verify/workers.hpp"

#include <optional>
#include <system_error>
#include <utility>

namespace plotmill {

VerifyWorkers::VerifyWorkers(std::size_t n_threads) {
  threads_.reserve(n_threads);
  try {
    while (threads_.size() < n_threads) threads_.emplace_back([this] { work_on(); });
  } catch (const std::system_error&) {
    // With those that there are.
  }
}

VerifyWorkers::~VerifyWorkers() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    ended_ = true;
  }
  added_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void VerifyWorkers::add(std::size_t n_bytes, Work work) {
  if (threads_.empty()) return work(own_);
  {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return n_items_ == 0 || n_bytes_ + n_bytes <= most_bytes || error_; });
    throw_error();
    waiting_.push_back({n_bytes, std::move(work)});
    n_bytes_ += n_bytes;
    ++n_items_;
  }
  added_.notify_one();
}

void VerifyWorkers::finish() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return n_items_ == 0; });
  throw_error();
}

void VerifyWorkers::leave() noexcept {
  std::unique_lock lock(mutex_);
  n_items_ -= waiting_.size();
  for (const Item& item : waiting_) n_bytes_ -= item.n_bytes;
  waiting_.clear();
  done_.wait(lock, [&] { return n_items_ == 0; });
  error_ = nullptr;
}

void VerifyWorkers::throw_error() {
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void VerifyWorkers::work_on() {
  // Made with the first item: where memory is refused, that one fails.
  std::optional<VerifyScratch> scratch;
  std::unique_lock lock(mutex_);
  for (;;) {
    added_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Item item = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    std::exception_ptr error;
    try {
      if (!scratch) scratch.emplace();
      item.work(*scratch);
    } catch (...) {
      error = std::current_exception();
    }
    item.work = nullptr;
    lock.lock();
    if (error && !error_) error_ = error;
    n_bytes_ -= item.n_bytes;
    --n_items_;
    done_.notify_one();
  }
}

}  // namespace plotmill
