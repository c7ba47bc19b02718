// Owning handles, locking and errors for HDF5's C interface, as the stages need them; no wrapper of what it does.
#pragma once

#include <hdf5.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "plotmill/error.hpp"

namespace plotmill {

/// One lock for every use of HDF5 in the process: a library built without --enable-threadsafe keeps its state in plain
/// globals, and a reader and several writers run on threads of their own. Recursive, so that a handle may be closed
/// with or without a section around it.
[[nodiscard]] inline std::recursive_mutex& hdf5_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

/// Holds the lock, and keeps HDF5 from printing its errors, which become exceptions. Every function of a stage that
/// calls HDF5 begins with one. What an embedder has set up for its own errors is put back at the end.
class Hdf5Section {
 public:
  Hdf5Section() : lock_(hdf5_mutex()) {
    H5Eget_auto2(H5E_DEFAULT, &print_, &print_data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  Hdf5Section(const Hdf5Section&) = delete;
  Hdf5Section& operator=(const Hdf5Section&) = delete;
  ~Hdf5Section() { H5Eset_auto2(H5E_DEFAULT, print_, print_data_); }

 private:
  std::unique_lock<std::recursive_mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* print_data_ = nullptr;
};

/// Owns one HDF5 identifier. Move-only; empty after a failed call: test with `if (!handle)`.
class Hdf5Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Hdf5Handle() = default;
  Hdf5Handle(hid_t id, Close close) noexcept : id_(id), close_(close) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
    if (this != &other) {
      (void)reset();
      id_ = std::exchange(other.id_, H5I_INVALID_HID);
      close_ = other.close_;
    }
    return *this;
  }
  ~Hdf5Handle() { (void)reset(); }

  [[nodiscard]] hid_t get() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ >= 0; }

  /// Closes now. False where HDF5 reports a failure, which for a file that was written may mean lost data.
  [[nodiscard]] bool reset() noexcept {
    if (id_ < 0) return true;
    const std::lock_guard<std::recursive_mutex> lock(hdf5_mutex());
    return close_(std::exchange(id_, H5I_INVALID_HID)) >= 0;
  }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

/// What HDF5 says about the call that failed last on this thread: the description nearest to the cause, or "".
[[nodiscard]] inline std::string hdf5_reason() {
  std::string reason;
  // The walk goes from the cause up to the call; exceptions must not cross the C library, so the first is kept as is.
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned n, const H5E_error2_t* error, void* text) -> herr_t {
        if (n == 0 && error->desc != nullptr) {
          try {
            *static_cast<std::string*>(text) = error->desc;
          } catch (...) {
            return -1;
          }
        }
        return 0;
      },
      &reason);
  // A failed system call is told with time, addresses and file offsets around the system's words.
  constexpr std::string_view begin = "error message = '";
  if (const std::size_t at = reason.find(begin); at != std::string::npos) {
    reason.erase(0, at + begin.size());
    reason.erase(std::min(reason.find('\''), reason.size()));
  }
  return reason;
}

/// Throws the Error of a failed HDF5 call: "PATH: WHAT (HDF5: REASON)". To be called before any other HDF5 call.
[[noreturn]] inline void throw_hdf5_error(ErrorKind kind, const std::string& path, std::string_view what) {
  std::string text(what);
  if (const std::string reason = hdf5_reason(); !reason.empty()) text += " (HDF5: " + reason + ")";
  throw Error(kind, path, std::move(text));
}

}  // namespace plotmill
