// See hdf5_output_driver.hpp.
#include "stages/hdf5_output_driver.hpp"

#if __has_include(<H5FDdevelop.h>)  // Where HDF5 1.13 and later declare what a driver is.
#include <H5FDdevelop.h>
#endif
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "stages/output_file.hpp"

namespace plotmill {
namespace {

constexpr const char* nowhere = "/dev/null";

// All three under the lock. HDF5's own functions are the same each time that they are set.
decltype(H5FD_class_t::write) ordinary_write = nullptr;
decltype(H5FD_class_t::truncate) ordinary_truncate = nullptr;
int write_error = 0;

int* descriptor_of(H5FD_t* file) {
  void* handle = nullptr;
  return file->cls->get_handle(file, H5P_DEFAULT, &handle) < 0 ? nullptr : static_cast<int*>(handle);
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

herr_t write_file(H5FD_t* file, H5FD_mem_t type, hid_t transfer, haddr_t address, std::size_t n_bytes,
                  const void* bytes) {
  errno = 0;
  if (ordinary_write(file, type, transfer, address, n_bytes, bytes) >= 0) return 0;
  // Again, for the driver to count the bytes as written.
  return divert(file) ? ordinary_write(file, type, transfer, address, n_bytes, bytes) : -1;
}

herr_t truncate_file(H5FD_t* file, hid_t transfer, hbool_t closing) {
  if (is_nowhere(file)) return 0;
  errno = 0;
  return ordinary_truncate(file, transfer, closing) >= 0 || divert(file) ? 0 : -1;
}

}  // namespace

Hdf5Handle make_hdf5_output_driver() {
  // The ordinary driver's functions are not public, but an open file points to them.
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (!access || H5Pset_fapl_sec2(access.get()) < 0) return {};
  H5FD_t* const file = H5FDopen(nowhere, H5F_ACC_RDONLY, access.get(), HADDR_UNDEF);
  if (file == nullptr) return {};
  H5FD_class_t driver = *file->cls;
  (void)H5FDclose(file);
  ordinary_write = std::exchange(driver.write, write_file);
  ordinary_truncate = std::exchange(driver.truncate, truncate_file);
  driver.name = "plotmill";
  return {H5FDregister(&driver), H5FDunregister};
}

int take_hdf5_write_error() noexcept { return std::exchange(write_error, 0); }

void send_hdf5_writes_nowhere(hid_t file) noexcept {
  void* handle = nullptr;
  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0) (void)redirect(static_cast<int*>(handle));
}

}  // namespace plotmill
