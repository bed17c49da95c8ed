#include "sim/report/picture.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/events/event_text.h"
#include "sim/report/timeline_model.h"

namespace arbees::sim {
namespace {

constexpr std::int64_t label_width = 118;
constexpr std::int64_t plot_width = 850;
constexpr std::int64_t right_margin = 14;
constexpr std::int64_t top = 62;
/// A node with thin strips alone still needs the height of its name.
constexpr std::int64_t name_height = 14;
constexpr std::size_t owner_colours = 6;

constexpr std::string_view style = R"svg(<style>
text{font:12px system-ui,'DejaVu Sans',sans-serif;fill:#1d2127}
.soft{fill:#646c78}.name{font-weight:600}.small{font-size:10.5px}.title{font-size:15px;font-weight:600}
.in{fill:#14171b;font-size:10.5px}.on{fill:#fff;font-size:10.5px}
.back{fill:#fbfbfa}.grid{stroke:#dfe2e6}.empty{fill:#eff1f3}
.running{fill:#cfe3d6}.frozen{fill:#8fb8e0}.down{fill:#6d747e}
.starting{fill:#a9b4c2}.healthy{fill:#5db888}.degraded{fill:#e2b13c}.unhealthy{fill:#e08344}
.dead{fill:#d4605a}.recovered{fill:#58b3b3}.other{fill:#c6ccd4}
.ready{fill:#8fc7a8}.lost{fill:#d9706a}.connecting{fill:#c6ccd4}.given_up{fill:#6d747e}
.fault{fill:#e2995c}.bad{fill:#c22f2a}.badline{stroke:#c22f2a;stroke-dasharray:4 3}
.o0{fill:#3b7dc4}.o1{fill:#d08c1c}.o2{fill:#2f9e7a}.o3{fill:#c272a6}.o4{fill:#4ea3cb}.o5{fill:#cf6a32}
.warm{opacity:.3}
@media (prefers-color-scheme:dark){text{fill:#e4e7eb}.soft{fill:#98a1ad}.back{fill:#14171b}
.grid{stroke:#31373f}.empty{fill:#20252b}.running{fill:#2c4437}.badline{stroke:#f0736c}.bad{fill:#f0736c}
.in{fill:#14171b}.on{fill:#fff}}
</style>
<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="7" height="7" fill="#fff"/><rect width="3.5" height="7" fill="#c22f2a"/></pattern>
<pattern id="dim" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="2" height="6" fill="#14171b" opacity=".22"/></pattern></defs>
)svg";

std::string markup(std::string_view text) {
  std::string seen;
  append_visible(seen, text, Charset::utf8);
  std::string out;
  for (const char c : seen) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

/// A round distance between the lines of the axis: at most eleven of them.
std::int64_t axis_step(std::int64_t length_ns) {
  static constexpr std::array<std::int64_t, 3> fives{1, 2, 5};
  for (std::int64_t power = 1'000'000;; power *= 10) {
    for (const std::int64_t five : fives) {
      if (length_ns / (power * five) <= 10)
        return power * five;
    }
  }
}

bool is_bad(std::string_view kind) {
  static constexpr std::array<std::string_view, 6> bad{"dead",   "down",     "fault",
                                                       "frozen", "given_up", "lost"};
  return std::ranges::find(bad, kind) != bad.end();
}

class Picture {
 public:
  explicit Picture(const EventFile& file) : file_(file), model_(make_timeline_model(file)) {}

  void write(std::ostream& out) {
    draw_lanes();
    const std::int64_t height = y_ + 50;
    const std::int64_t width = label_width + plot_width + right_margin;
    out << R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )" << width << ' ' << height
        << R"(" width=")" << width << R"(" height=")" << height << R"(" role="img" aria-label=")"
        << markup(title()) << "\">\n<title>" << markup(title()) << "</title>\n"
        << style << R"(<rect class="back" width="100%" height="100%" rx="6"/>)" << '\n';
    draw_axis();
    out << body_ << lanes_;  // the axis lies below the lanes
    body_.clear();
    draw_violations();
    draw_heading();
    out << body_ << "</svg>\n";
  }

 private:
  [[nodiscard]] std::string title() const {
    std::string title = file_.more("title");
    if (title.empty())
      title = file_.more("scenario");
    return title.empty() ? file_.header.program : title;
  }

  /// Tenths of a pixel, as text: whole numbers alone would let short bands vanish.
  [[nodiscard]] std::int64_t tenths(std::int64_t t_ns) const {
    const std::int64_t length = std::max<std::int64_t>(model_.to_ns - model_.from_ns, 1);
    // In microseconds, so that the product stays far from the bounds.
    return (t_ns - model_.from_ns) / 1'000 * (plot_width * 10) /
           std::max<std::int64_t>(length / 1'000, 1);
  }
  static std::string decimal(std::int64_t tenths) {
    std::string text = std::to_string(tenths / 10);
    if (tenths % 10 != 0)
      text += '.' + std::to_string(tenths % 10);
    return text;
  }
  [[nodiscard]] std::string x(std::int64_t t_ns) const {
    return decimal(label_width * 10 + tenths(t_ns));
  }

  void text(const std::string& at_x, std::int64_t at_y, std::string_view kind,
            std::string_view words, std::string_view more = "") {
    body_ += "<text x=\"" + at_x + "\" y=\"" + std::to_string(at_y) + "\" class=\"" +
             std::string(kind) + '"' + std::string(more) + '>' + markup(words) + "</text>\n";
  }

  void rect(const Band& band, std::int64_t y, std::int64_t height, const std::string& attributes) {
    const std::int64_t wide = std::max<std::int64_t>(tenths(band.to_ns) - tenths(band.from_ns), 10);
    body_ += "<rect x=\"" + x(band.from_ns) + "\" y=\"" + std::to_string(y) + "\" width=\"" +
             decimal(wide) + "\" height=\"" + std::to_string(height) + "\" " + attributes + "/>\n";
  }

  /// Words in a band, if they surely fit (about seven pixels a letter).
  void words_in(const Band& band, std::int64_t y, std::string_view kind, std::string_view words) {
    const std::int64_t wide = tenths(band.to_ns) - tenths(band.from_ns);
    if (static_cast<std::int64_t>(words.size()) * 65 + 60 > wide)
      return;
    text(decimal(label_width * 10 + tenths(band.from_ns) + 40), y, kind, words);
  }

  void state_band(const Band& band, std::int64_t height) {
    const bool mode = band.kind == "mode";
    rect(band, y_, height, "class=\"" + (mode ? std::string("other") : markup(band.kind)) + '"');
    if (is_bad(band.kind))
      rect(band, y_, height, "fill=\"url(#dim)\"");
    if (height >= 12)
      words_in(band, y_ + height - 4, "in", band.label);
  }

  void game_band(const Lane& lane, const Band& band) {
    const auto owner = std::ranges::find(model_.owners, band.label.substr(0, band.label.find(' ')));
    const auto index = static_cast<std::size_t>(owner - model_.owners.begin()) % owner_colours;
    const std::string colour = "o" + std::to_string(index);
    if (band.kind == "owner")
      rect(band, y_ + 13, 2, "class=\"" + colour + '"');
    if (band.kind == "warm")
      rect(band, y_ + 2, 9, "class=\"" + colour + " warm\"");
    if (band.kind == "double")
      rect(band, y_, 12, "fill=\"url(#hatch)\"");
    if (band.kind != "emit")
      return;
    rect(band, y_, 12, "class=\"" + colour + '"');
    Band visible = band;  // the words begin where no doubled part hides them
    for (const Band& other : lane.bands) {
      const bool hides = other.kind == "double" && other.from_ns <= band.from_ns;
      if (hides && other.to_ns > visible.from_ns)
        visible.from_ns = other.to_ns;
    }
    words_in(visible, y_ + 10, "on", band.label);
  }

  void draw_lanes() {
    y_ = top;
    std::string group;
    std::int64_t group_end = y_;
    for (const Lane& lane : model_.lanes) {
      if (lane.group == "alerts" || lane.kind == "mode")
        continue;
      const bool first = lane.group != group;
      if (first) {
        y_ = std::max(y_, group_end) + 8;
        group_end = y_ + name_height;
      }
      group = lane.group;
      const bool game = lane.kind == "game";
      const std::int64_t height = lane.kind == "process" ? 5 : lane.kind == "link" ? 6 : 14;
      if (game || first) {
        const std::string_view name =
            game ? std::string_view(lane.title) : std::string_view(lane.group);
        text("12", y_ + (height < 12 ? 10 : 11), game ? "soft small" : "name", name);
      }
      for (const Band& band : lane.bands) {
        if (game)
          game_band(lane, band);
        if (!game && !is_bad(band.kind))
          state_band(band, height);
      }
      // A short outage must not vanish under what followed it.
      for (const Band& band : lane.bands) {
        if (!game && is_bad(band.kind))
          state_band(band, height);
      }
      y_ += height + (game ? 4 : 2);
    }
    lanes_.swap(body_);
  }

  void draw_axis() {
    const std::int64_t step = axis_step(model_.to_ns - model_.from_ns);
    for (std::int64_t t = 0; t <= model_.to_ns - model_.from_ns; t += step) {
      const std::string at = x(model_.from_ns + t);
      body_ += "<path class=\"grid\" d=\"M" + at + ' ' + std::to_string(top - 4) + "V" +
               std::to_string(y_ + 6) + "\"/>\n";
      std::string words;
      append_human_duration(words, Duration(t));
      text(at, y_ + 20, "soft small", words, " text-anchor=\"middle\"");
    }
    text("12", y_ + 40, "soft small",
         "games: solid = may emit, pale = runs but may not, thin line = committed owner, empty = "
         "dark, hatched = two at once  \u00b7  nodes: process, status, links to Redis");
  }

  void draw_violations() {
    for (const RecordedViolation& violation : file_.end.violations) {
      const std::string at = x(violation.t_ns);
      body_ += "<path class=\"badline\" d=\"M" + at + ' ' + std::to_string(top) + "V" +
               std::to_string(y_ + 6) + "\"/>\n";
      text(at, top - 2, "bad name", violation.invariant, " text-anchor=\"middle\"");
    }
  }

  void draw_heading() {
    text("12", 24, "title", title());
    std::string facts;
    for (const std::string_view fact : {"policy", "seed"}) {
      const std::string value = file_.more(fact);
      if (!value.empty())
        facts += std::string(fact) + ' ' + value + "  ·  ";
    }
    if (!file_.end.verdict.empty())
      facts += "verdict " + file_.end.verdict;
    text("12", 43, "soft", facts);
    draw_owners();
  }

  /// Whose colour is which, from the right.
  void draw_owners() {
    std::int64_t right = label_width + plot_width;
    const std::size_t shown = std::min(model_.owners.size(), owner_colours);
    for (std::size_t i = shown; i-- > 0;) {
      right -= static_cast<std::int64_t>(model_.owners[i].size()) * 7;
      text(std::to_string(right), 43, "soft small", model_.owners[i]);
      body_ += "<rect x=\"" + std::to_string(right - 16) +
               "\" y=\"34\" width=\"11\" height=\"11\" " + "class=\"o" + std::to_string(i) +
               "\"/>\n";
      right -= 30;
    }
  }

  const EventFile& file_;
  TimelineModel model_;
  std::int64_t y_ = 0;
  std::string body_;
  std::string lanes_;
};

}  // namespace

void write_picture(std::ostream& out, const EventFile& file) { Picture(file).write(out); }

}  // namespace arbees::sim
