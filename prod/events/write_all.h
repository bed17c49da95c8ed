#pragma once

#include <cstddef>
#include <string_view>

namespace arbees::prod {

/// How far a text was written.
struct Written {
  std::size_t bytes = 0;
  int error = 0;  ///< the errno that ended it; 0: nothing is missing
};

/// Writes until all of `text` is out or the file takes no more of it.
Written write_all(int fd, std::string_view text);

}  // namespace arbees::prod
