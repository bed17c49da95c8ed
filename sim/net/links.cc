#include "sim/net/links.h"

#include <algorithm>

namespace arbees::sim {

const Narrowed* Link::narrowest() const {
  const auto found = std::ranges::min_element(narrowed_, {}, &Narrowed::bytes_per_second);
  return found == narrowed_.end() ? nullptr : &*found;
}

bool Link::heal(EventId fault) {
  std::erase_if(slowed_, [fault](const Slowed& slowed) { return slowed.fault == fault; });
  std::erase_if(narrowed_, [fault](const Narrowed& narrowed) { return narrowed.fault == fault; });
  std::erase(holes_, fault);
  std::erase(chops_, fault);
  std::erase(tears_, fault);
  return std::erase(blocks_, fault) > 0 && blocks_.empty();
}

}  // namespace arbees::sim
