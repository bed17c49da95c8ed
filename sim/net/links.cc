#include "sim/net/links.h"

namespace arbees::sim {

bool Link::heal(EventId fault) {
  std::erase_if(slowed_, [fault](const Slowed& slowed) { return slowed.fault == fault; });
  return std::erase(blocks_, fault) > 0 && blocks_.empty();
}

}  // namespace arbees::sim
