#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace arbees::sim {

/// Allocates arrays of megabytes in pages of two: where each access is to another place, looking up small pages is
/// what it costs. Only a wish: the kernel gives what it has. Small arrays are allocated as ever.
template <class T>
struct LargePages {
  using value_type = T;

  LargePages() = default;
  template <class Other>
  explicit LargePages(const LargePages<Other>& /*other*/) {}

  [[nodiscard]] T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    if (bytes < worth_it) {
      return std::allocator<T>().allocate(count);
    }
    const std::size_t whole = (bytes + page - 1) / page * page;
    void* const memory = std::aligned_alloc(page, whole);
    if (memory == nullptr) {
      throw std::bad_alloc();
    }
    static_cast<void>(::madvise(memory, whole, MADV_HUGEPAGE));
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < worth_it) {
      std::allocator<T>().deallocate(memory, count);
    } else {
      std::free(memory);
    }
  }

  friend bool operator==(const LargePages&, const LargePages&) = default;

 private:
  static constexpr std::size_t page = std::size_t{2} << 20U;
  static constexpr std::size_t worth_it = page;
};

}  // namespace arbees::sim
