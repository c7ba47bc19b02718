// See hdf5_output_driver.hpp.
#include "stages/write/hdf5_output_driver.hpp"

#if __has_include(<H5FDdevelop.h>)  // Where HDF5 1.13 and later declare what a driver is.
#include <H5FDdevelop.h>
#endif
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <utility>

#include "stages/files/output_file.hpp"

namespace plotmill {
namespace {

constexpr const char* nowhere = "/dev/null";

// All of these under the lock. HDF5's own functions are the same each time that they are set.
decltype(H5FD_class_t::read) ordinary_read = nullptr;
decltype(H5FD_class_t::write) ordinary_write = nullptr;
decltype(H5FD_class_t::truncate) ordinary_truncate = nullptr;
decltype(H5FD_class_t::close) ordinary_close = nullptr;
int write_error = 0;
bool texts_are_written = false;

// What a JoinedHdf5Writes may hold back, and what it does hold back.
std::span<const std::uint8_t> joinable;
std::span<const std::uint8_t> held_back;
H5FD_t* held_back_file = nullptr;
haddr_t held_back_address = 0;

// Of files with checkpoints, by the place of the descriptor, which tells one open file from another.
std::map<const int*, PageJournal*> journals;

int* descriptor_of(H5FD_t* file) {
  void* handle = nullptr;
  return file->cls->get_handle(file, H5P_DEFAULT, &handle) < 0 ? nullptr : static_cast<int*>(handle);
}

PageJournal* journal_of(H5FD_t* file) {
  if (journals.empty()) return nullptr;
  const auto found = journals.find(descriptor_of(file));
  return found == journals.end() ? nullptr : found->second;
}

bool is_nowhere(H5FD_t* file) {
  struct stat status {};
  const int* const descriptor = descriptor_of(file);
  return descriptor != nullptr && ::fstat(*descriptor, &status) == 0 && S_ISCHR(status.st_mode);
}

bool redirect(int* descriptor) noexcept {
  const FileDescriptor device(::open(nowhere, O_RDWR | O_CLOEXEC));
  return descriptor != nullptr && device && ::dup2(device.get(), *descriptor) >= 0;
}

// Remembers why the last call failed and makes the next ones succeed.
bool divert(H5FD_t* file) {
  write_error = errno != 0 ? errno : EIO;
  return redirect(descriptor_of(file));
}

herr_t write_now(H5FD_t* file, H5FD_mem_t type, hid_t transfer, haddr_t address, std::size_t n_bytes,
                 const void* bytes) {
  errno = 0;
  if (ordinary_write(file, type, transfer, address, n_bytes, bytes) >= 0) return 0;
  // Again, for the driver to count the bytes as written.
  return divert(file) ? ordinary_write(file, type, transfer, address, n_bytes, bytes) : -1;
}

bool write_held_back() {
  if (held_back.empty()) return true;
  const std::span<const std::uint8_t> bytes = std::exchange(held_back, {});
  return write_now(held_back_file, H5FD_MEM_DRAW, H5P_DEFAULT, held_back_address, bytes.size(), bytes.data()) >= 0;
}

// HDF5 may copy what it is given, and a copy does not live on.
bool is_joinable(std::span<const std::uint8_t> bytes) {
  const std::less_equal<> le;
  return le(joinable.data(), bytes.data()) && le(bytes.data() + bytes.size(), joinable.data() + joinable.size());
}

herr_t write_file(H5FD_t* file, H5FD_mem_t type, hid_t transfer, haddr_t address, std::size_t n_bytes,
                  const void* data) {
  const std::span bytes(static_cast<const std::uint8_t*>(data), n_bytes);
  PageJournal* const journal = journal_of(file);
  const bool is_metadata = type != H5FD_MEM_DRAW || texts_are_written;
  if (journal != nullptr && is_metadata && !journal->metadata().touch({address, n_bytes})) {
    errno = ENOMEM;
    if (!divert(file)) return -1;
  }
  if (journal != nullptr && address < journal->stable_end()) {
    const std::size_t n_held = std::min<std::size_t>(n_bytes, journal->stable_end() - address);
    if (!write_held_back()) return -1;
    if (!journal->hold(address, bytes.first(n_held)) && !divert(file)) return -1;
    if (n_held == n_bytes) return 0;
    return write_now(file, type, transfer, address + n_held, n_bytes - n_held, bytes.data() + n_held);
  }
  if (!held_back.empty() && file == held_back_file && address == held_back_address + held_back.size() &&
      bytes.data() == held_back.data() + held_back.size() && is_joinable(bytes)) {
    held_back = {held_back.data(), held_back.size() + n_bytes};
    return 0;
  }
  if (!write_held_back()) return -1;
  if (!is_joinable(bytes)) return write_now(file, type, transfer, address, n_bytes, data);
  held_back = bytes;
  held_back_file = file;
  held_back_address = address;
  return 0;
}

herr_t read_file(H5FD_t* file, H5FD_mem_t type, hid_t transfer, haddr_t address, std::size_t n_bytes, void* bytes) {
  if (!write_held_back() || ordinary_read(file, type, transfer, address, n_bytes, bytes) < 0) return -1;
  if (const PageJournal* const journal = journal_of(file); journal != nullptr) {
    journal->lay_over(address, {static_cast<std::uint8_t*>(bytes), n_bytes});
  }
  return 0;
}

// HDF5 can't do with a file that does not close: it keeps half of it and ends the process later on.
herr_t close_file(H5FD_t* file) {
  int* const descriptor = descriptor_of(file);
  const bool all_written = write_held_back();
  journals.erase(descriptor);
  const int other = descriptor != nullptr ? ::open(nowhere, O_RDWR | O_CLOEXEC) : -1;
  if (other >= 0 && ::close(std::exchange(*descriptor, other)) != 0 && write_error == 0) write_error = errno;
  return ordinary_close(file) >= 0 && all_written ? 0 : -1;
}

herr_t truncate_file(H5FD_t* file, hid_t transfer, hbool_t closing) {
  if (!write_held_back()) return -1;
  if (is_nowhere(file)) return 0;
  // What was there at the last checkpoint stays until the next, which cuts it off.
  if (PageJournal* const journal = journal_of(file); journal != nullptr) {
    const haddr_t end = file->cls->get_eoa(file, H5FD_MEM_DEFAULT);
    journal->set_end(end);
    if (end < journal->stable_end()) return 0;
  }
  errno = 0;
  return ordinary_truncate(file, transfer, closing) >= 0 || divert(file) ? 0 : -1;
}

}  // namespace

Hdf5Handle make_hdf5_output_driver() {
  // The ordinary driver's functions are not public, but an open file points to them.
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (!access || H5Pset_fapl_sec2(access.get()) < 0) return {};
  errno = 0;
  H5FD_t* const file = H5FDopen(nowhere, H5F_ACC_RDONLY, access.get(), HADDR_UNDEF);
  if (file == nullptr) {
    write_error = errno;
    return {};
  }
  H5FD_class_t driver = *file->cls;
  (void)H5FDclose(file);
  ordinary_read = std::exchange(driver.read, read_file);
  ordinary_write = std::exchange(driver.write, write_file);
  ordinary_truncate = std::exchange(driver.truncate, truncate_file);
  ordinary_close = std::exchange(driver.close, close_file);
  // The end of this driver is not the end of the ordinary one, which HDF5 would register anew for each file, for ever.
  driver.terminate = nullptr;
  driver.name = "plotmill";
  return {H5FDregister(&driver), H5FDunregister};
}

JoinedHdf5Writes::JoinedHdf5Writes(std::span<const std::uint8_t> bytes) noexcept { joinable = bytes; }

JoinedHdf5Writes::~JoinedHdf5Writes() {
  joinable = {};
  (void)write_held_back();
}

Hdf5TextWrites::Hdf5TextWrites() noexcept { texts_are_written = true; }

Hdf5TextWrites::~Hdf5TextWrites() { texts_are_written = false; }

int take_hdf5_write_error() noexcept { return std::exchange(write_error, 0); }

void check_hdf5_writes(const std::string& path, const std::string& what) {
  if (const int error_number = take_hdf5_write_error(); error_number != 0) throw_io_error(path, what, error_number);
}

void fail_hdf5_write(const std::string& path, const std::string& what) {
  const std::string reason = hdf5_reason();
  check_hdf5_writes(path, what);
  throw Error(ErrorKind::io, path, what + ": " + (reason.empty() ? "HDF5 does not say why" : reason));
}

void use_page_journal(hid_t file, PageJournal& journal) {
  void* handle = nullptr;
  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0) journals[static_cast<const int*>(handle)] = &journal;
}

void send_hdf5_writes_nowhere(hid_t file) noexcept {
  void* handle = nullptr;
  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0) (void)redirect(static_cast<int*>(handle));
}

}  // namespace plotmill
