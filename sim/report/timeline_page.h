#pragma once

#include <string_view>

// The parts of the page, from sim/report/page; made into constants by the build (embed.cmake).

namespace arbees::sim {

extern const std::string_view timeline_html;
extern const std::string_view timeline_css;
extern const std::string_view timeline_js;

}  // namespace arbees::sim
