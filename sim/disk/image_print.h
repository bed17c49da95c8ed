#pragma once

#include <cstdint>

#include "core/ports/store.h"

namespace arbees::sim {

/// 64 bits that name an image: the sum of the hashes of its rows, so that a batch changes it by its own
/// rows, however large the image is.
class ImagePrint {
 public:
  ImagePrint() : ImagePrint(StoreImage{}) {}
  explicit ImagePrint(const StoreImage& image);

  [[nodiscard]] std::uint64_t value() const { return value_; }
  /// Applies the batch, which must be of the term in office, to the image it is the print of.
  void apply(const StoreBatch& batch, StoreImage& image);

 private:
  std::uint64_t value_ = 0;
};

}  // namespace arbees::sim
