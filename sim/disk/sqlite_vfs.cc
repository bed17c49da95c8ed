#include "sim/disk/sqlite_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>

#include "core/base/assert.h"
#include "sim/disk/disk.h"

namespace arbees::sim {
namespace {

constexpr int longest_name = 256;
/// What SQLite assumes of unknown disks, and what its own Unix VFS says.
constexpr int sector_size = 4'096;
/// 2026-01-01 in milliseconds since -4713-11-24 12:00: never read by what we ask of SQLite.
constexpr sqlite3_int64 fixed_time = 212'634'072'000'000;

/// One file that SQLite has open. What a program that is gone had open reaches the disk no more.
struct Open {
  sqlite3_file base;
  Disk* disk;
  std::uint64_t program;
  bool goes_with_it;  ///< a file without a name, for one use
  /// As the Unix VFS does for logs and journals: with the first sync of the file that of its folder.
  bool folder_unsynced;
  char name[longest_name];

  [[nodiscard]] bool dead() const { return disk->programs() != program; }
};

Open& of(sqlite3_file* file) { return *reinterpret_cast<Open*>(file); }
const SqliteVfs::Served& served_by(sqlite3_vfs* vfs) {
  return *static_cast<const SqliteVfs::Served*>(vfs->pAppData);
}

int close(sqlite3_file* file) {
  Open& open = of(file);
  if (!open.dead()) {
    open.disk->unlock(open.name, &open);
    if (open.goes_with_it) {
      (void)open.disk->remove(open.name, false);
    }
  }
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  const Open& open = of(file);
  const std::span<char> bytes(static_cast<char*>(into), static_cast<std::size_t>(size));
  std::size_t got = 0;
  if (open.dead() || open.disk->read(open.name, static_cast<std::size_t>(offset), bytes, got) !=
                         Disk::Result::ok) {
    return SQLITE_IOERR_READ;
  }
  return got == bytes.size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  const Open& open = of(file);
  if (open.dead()) {
    return SQLITE_IOERR_WRITE;
  }
  const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
  switch (open.disk->write(open.name, static_cast<std::size_t>(offset), bytes)) {
    case Disk::Result::ok: return SQLITE_OK;
    case Disk::Result::full: return SQLITE_FULL;
    case Disk::Result::failed: break;
  }
  return SQLITE_IOERR_WRITE;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  const Open& open = of(file);
  const bool done =
      !open.dead() &&
      open.disk->truncate(open.name, static_cast<std::size_t>(size)) == Disk::Result::ok;
  return done ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int sync(sqlite3_file* file, int /*flags*/) {
  Open& open = of(file);
  if (open.dead() || open.disk->sync(open.name, open.folder_unsynced) != Disk::Result::ok) {
    return SQLITE_IOERR_FSYNC;
  }
  open.folder_unsynced = false;
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  const Open& open = of(file);
  if (open.dead()) {
    return SQLITE_IOERR_FSTAT;
  }
  *size = static_cast<sqlite3_int64>(open.disk->size(open.name));
  return SQLITE_OK;
}

int lock(sqlite3_file* file, int /*level*/) {
  const Open& open = of(file);
  if (open.dead()) {
    return SQLITE_IOERR_LOCK;
  }
  return open.disk->lock(open.name, &open) ? SQLITE_OK : SQLITE_BUSY;
}

int unlock(sqlite3_file* file, int level) {
  const Open& open = of(file);
  if (!open.dead() && level == SQLITE_LOCK_NONE) {
    open.disk->unlock(open.name, &open);
  }
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* /*file*/, int* held) {
  *held = 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file* /*file*/, int /*operation*/, void* /*argument*/) {
  return SQLITE_NOTFOUND;
}

int sector_of(sqlite3_file* /*file*/) { return sector_size; }

/// As the Unix VFS: a write harms no byte beside it.
int characteristics(sqlite3_file* /*file*/) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

/// No shared memory: the log of an exclusively locked file needs none.
constexpr sqlite3_io_methods methods{.iVersion = 1,
                                     .xClose = close,
                                     .xRead = read,
                                     .xWrite = write,
                                     .xTruncate = truncate,
                                     .xSync = sync,
                                     .xFileSize = file_size,
                                     .xLock = lock,
                                     .xUnlock = unlock,
                                     .xCheckReservedLock = check_reserved_lock,
                                     .xFileControl = file_control,
                                     .xSectorSize = sector_of,
                                     .xDeviceCharacteristics = characteristics,
                                     .xShmMap = nullptr,
                                     .xShmLock = nullptr,
                                     .xShmBarrier = nullptr,
                                     .xShmUnmap = nullptr,
                                     .xFetch = nullptr,
                                     .xUnfetch = nullptr};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const SqliteVfs::Served& served = served_by(vfs);
  Disk& disk = *served.disk;
  const bool may_create = (flags & SQLITE_OPEN_CREATE) != 0;
  const bool is_log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  Open& made = *new (file) Open{.base = {.pMethods = nullptr},
                                .disk = &disk,
                                .program = served.program,
                                .goes_with_it = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
                                .folder_unsynced = may_create && is_log,
                                .name = {}};
  const std::string_view wanted = name == nullptr ? "temporary" : name;
  ensure(wanted.size() < longest_name, "the names of files are short");
  std::ranges::copy(wanted, made.name);
  if (served.dead() || (!may_create && !disk.exists(made.name)) ||
      disk.create(made.name) != Disk::Result::ok) {
    return SQLITE_CANTOPEN;
  }
  made.base.pMethods = &methods;
  if (out_flags != nullptr) {
    *out_flags = flags;
  }
  return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  const SqliteVfs::Served& served = served_by(vfs);
  if (served.dead()) {
    return SQLITE_IOERR_DELETE;
  }
  if (!served.disk->exists(name)) {
    return SQLITE_IOERR_DELETE_NOENT;
  }
  return served.disk->remove(name, sync_folder != 0) == Disk::Result::ok ? SQLITE_OK
                                                                         : SQLITE_IOERR_DELETE;
}

int access(sqlite3_vfs* vfs, const char* name, int /*flags*/, int* there) {
  *there = served_by(vfs).disk->exists(name) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs* /*vfs*/, const char* name, int size, char* into) {
  const std::string_view text(name);
  if (text.size() >= static_cast<std::size_t>(size)) {
    return SQLITE_CANTOPEN;
  }
  std::memcpy(into, name, text.size() + 1);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs* /*vfs*/, int size, char* into) {
  std::memset(into, 0, static_cast<std::size_t>(size));
  return size;
}

int sleep(sqlite3_vfs* /*vfs*/, int microseconds) { return microseconds; }

int current_time(sqlite3_vfs* /*vfs*/, double* days) {
  *days = static_cast<double>(fixed_time) / 86'400'000.0;
  return SQLITE_OK;
}

int current_milliseconds(sqlite3_vfs* /*vfs*/, sqlite3_int64* milliseconds_) {
  *milliseconds_ = fixed_time;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs* /*vfs*/, int /*size*/, char* /*into*/) { return 0; }

/// A name nobody else in this process has while the disk lives. It shows nowhere.
std::string name_for(const Disk& disk) {
  return "arbees-disk-" + std::to_string(reinterpret_cast<std::uintptr_t>(&disk));
}

}  // namespace

SqliteVfs::SqliteVfs(Disk& disk)
    : served_{.disk = &disk, .program = disk.programs()},
      name_(name_for(disk)),
      vfs_(new sqlite3_vfs{.iVersion = 2,
                           .szOsFile = sizeof(Open),
                           .mxPathname = longest_name,
                           .pNext = nullptr,
                           .zName = name_.c_str(),
                           .pAppData = &served_,
                           .xOpen = open,
                           .xDelete = remove,
                           .xAccess = access,
                           .xFullPathname = full_path,
                           .xDlOpen = nullptr,
                           .xDlError = nullptr,
                           .xDlSym = nullptr,
                           .xDlClose = nullptr,
                           .xRandomness = randomness,
                           .xSleep = sleep,
                           .xCurrentTime = current_time,
                           .xGetLastError = last_error,
                           .xCurrentTimeInt64 = current_milliseconds,
                           .xSetSystemCall = nullptr,
                           .xGetSystemCall = nullptr,
                           .xNextSystemCall = nullptr}) {
  constexpr int not_the_default = 0;
  ensure(sqlite3_vfs_register(vfs_.get(), not_the_default) == SQLITE_OK, "SQLite takes any VFS");
}

bool SqliteVfs::Served::dead() const { return disk->programs() != program; }

SqliteVfs::~SqliteVfs() { sqlite3_vfs_unregister(vfs_.get()); }

SeededSqlite::SeededSqlite(std::uint64_t seed) {
  // The control takes 32 bits, of which 0 means the system's randomness.
  const auto folded = static_cast<std::uint32_t>(seed ^ (seed >> 32U));
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(folded == 0 ? 1 : folded),
                       static_cast<sqlite3*>(nullptr));
}

SeededSqlite::~SeededSqlite() {
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, 0, static_cast<sqlite3*>(nullptr));
}

}  // namespace arbees::sim
