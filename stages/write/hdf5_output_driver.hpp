// A file driver for HDF5 that keeps write errors from it, that can join small writes to large ones, and that keeps a
// file as it was at its last checkpoint.
//
// HDF5 1.10 does not survive a write that fails, as on a full disk: after a failed flush its cache refuses every
// further flush, closing the file then fails too, and the identifier that is left over crashes the process at its end.
// So HDF5 is told that every write went well. From the first one that did not, the file's writes go nowhere, and
// whoever drives HDF5 asks after each step whether that has happened.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "stages/hdf5/handle.hpp"
#include "stages/write/page_journal.hpp"

namespace plotmill {

/// HDF5's ordinary file driver with that change, for H5Pset_driver(). Empty on failure. Call under an Hdf5Section.
[[nodiscard]] Hdf5Handle make_hdf5_output_driver();

/// The errno of a write that failed since the last call, of any file with such a driver; 0 where none did. Ask under
/// the Hdf5Section in which HDF5 was called: then it is about that call.
[[nodiscard]] int take_hdf5_write_error() noexcept;

/// Throws Error (io), "PATH: WHAT: the system's words", where a write has failed: HDF5 itself does not know.
void check_hdf5_writes(const std::string& path, const std::string& what);

/// Throws Error (io) after a call of HDF5 that failed: with the system's words where a write did, else with HDF5's own.
/// To be called before any other HDF5 call.
[[noreturn]] void fail_hdf5_write(const std::string& path, const std::string& what);

/// While it lives, HDF5's writes of parts of `bytes` that lie one behind the other, in memory and in the file, become
/// one: a file system stores one large piece at a fraction of the work for many small ones. They reach the file, in
/// order, before anything else is written or read, at the latest when this ends; take_hdf5_write_error() is for
/// afterwards. One at a time, inside an Hdf5Section.
class JoinedHdf5Writes {
 public:
  explicit JoinedHdf5Writes(std::span<const std::uint8_t> bytes) noexcept;
  JoinedHdf5Writes(const JoinedHdf5Writes&) = delete;
  JoinedHdf5Writes& operator=(const JoinedHdf5Writes&) = delete;
  ~JoinedHdf5Writes();
};

/// While it lives, what HDF5 writes as data counts as metadata, too: datasets of texts hold references to them, which
/// HDF5 trusts. One at a time, inside an Hdf5Section.
class Hdf5TextWrites {
 public:
  Hdf5TextWrites() noexcept;
  Hdf5TextWrites(const Hdf5TextWrites&) = delete;
  Hdf5TextWrites& operator=(const Hdf5TextWrites&) = delete;
  ~Hdf5TextWrites();
};

/// From now on what HDF5 writes to this file, which has such a driver, leaves the file as it was at its last
/// checkpoint: changes of it are held in `journal`, which must live until the file is closed, and which is told where
/// metadata are written. Call under an Hdf5Section.
void use_page_journal(hid_t file, PageJournal& journal);

/// From now on nothing that HDF5 writes to this file, which has such a driver, reaches the disk: for closing a file
/// that is not wanted any more. Call under an Hdf5Section.
void send_hdf5_writes_nowhere(hid_t file) noexcept;

}  // namespace plotmill
