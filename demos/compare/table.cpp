// SPDX-License-Identifier: BSL-1.0
/// Columns, colours and bars of a sheet.
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bar.hpp"
#include "shelf.hpp"
#include "units.hpp"

namespace demos::compare {
namespace {

// The columns in front of the figures, and the figures; each with its width.
constexpr std::size_t tasks_width = 11, model_width = 14, label_width = tasks_width + model_width;
constexpr std::size_t time_width = 9, spread_width = 20, memory_width = 10, voluntary_width = 11,
                      involuntary_width = 13, ratio_width = 10;

colour colour_of(std::string_view model) {
  if (model == "fibers") return colour::green;
  if (model == "threads") return colour::blue;
  if (model == "std") return colour::magenta;
  return colour::grey;
}

// "s" is moved to the left, so that the digits before "ms" and "s" stand in one column.
std::string time_column(double seconds) {
  auto const text = as_time(seconds);
  return fmt::format("{:>{}}", text.ends_with(" s") ? text + ' ' : text, time_width);
}

// What the rows of a block are drawn in relation to: the slowest that finished.
double longest_wall(block const& some) {
  double longest = 0;
  for (auto const& row : some.rows) longest = std::max(longest, some.wall(row.model).value_or(0));
  return longest;
}

std::string first_line(std::string const& text) { return text.substr(0, text.find('\n')); }

}  // namespace

table::table(screen const& where, sheet const& what, bool shows_spread)
    : where_(where), what_(what), shows_spread_(shows_spread) {}

std::string table::heading() const {
  auto const name = std::string(what_.what->name);
  auto text = "\n" + where_.paint(colour::bold, name) + "  " +
              wrapped(what_.what->caption, where_.width(), name.size() + 2, name.size() + 2) + '\n';
  if (!what_.work.books.empty()) {
    text +=
        fmt::format("{:{}}{}, {}\n", "", name.size() + 2, counted(what_.work.books.size(), "file"),
                    as_memory(static_cast<std::int64_t>(total_bytes(what_.work.books))));
  }

  auto columns = fmt::format("{:>{}}  {:<{}}{:>{}}", "tasks", tasks_width - 2, "model", model_width,
                             "wall", time_width);
  auto const above = fmt::format("{:>{}}", "context switches",
                                 label_width + 2 * time_width + (shows_spread_ ? spread_width : 0) +
                                     memory_width + voluntary_width + involuntary_width);
  if (shows_spread_) columns += fmt::format("{:>{}}", "min – max", spread_width);
  columns += fmt::format("{:>{}}{:>{}}{:>{}}{:>{}}{:>{}}", "cpu", time_width, "memory",
                         memory_width, "voluntary", voluntary_width, "involuntary",
                         involuntary_width, "vs serial", ratio_width);
  return text + '\n' + where_.paint(colour::dim, above) + '\n' +
         where_.paint(colour::dim, columns) + '\n';
}

std::string table::rows(block const& some) const {
  auto const longest = longest_wall(some);
  std::string text;
  for (std::size_t i = 0; i < some.rows.size(); ++i) text += row_of(some, i, longest);
  return text;
}

std::string table::row_of(block const& all, std::size_t index, double longest) const {
  auto const& one = all.rows[index];
  auto const tint = colour_of(one.model);
  auto text = fmt::format("{:>{}}  ", index == 0 ? with_commas(all.tasks) : "", tasks_width - 2) +
              where_.paint(tint, fmt::format("{:<{}}", one.model, model_width));

  if (auto const median = one.median()) {
    text += figures_of(one, *median) +
            fmt::format("{:>{}}  ", ratio_of(all, median->wall), ratio_width) +
            where_.paint(tint, bar(median->wall / longest, width_of_bar()));
  } else if (auto const* const broken = one.broken(); broken->how == ending::stopped) {
    text += where_.paint(colour::yellow, fmt::format("  {:<{}}", broken->why, width_of_figures())) +
            where_.paint(colour::yellow, endless_bar(width_of_bar()));
  } else {
    auto const how = broken->how == ending::refused ? colour::yellow : colour::red;
    text += "  " + where_.paint(how, wrapped(first_line(broken->why), where_.width(),
                                             label_width + 2, label_width + 2));
  }
  return text + '\n';
}

std::string table::figures_of(row const& one, figures const& median) const {
  auto text = time_column(median.wall);
  if (shows_spread_) {
    auto const spread = as_time(one.quickest()) + " – " + as_time(one.slowest());
    text += where_.paint(colour::dim, fmt::format("{:>{}}", spread, spread_width));
  }
  return text + time_column(median.cpu) +
         fmt::format("{:>{}}{:>{}}{:>{}}", as_memory(median.memory), memory_width,
                     with_commas(median.voluntary), voluntary_width,
                     with_commas(median.involuntary), involuntary_width);
}

// Against a serial row that was stopped only a lower bound is known.
std::string table::ratio_of(block const& all, double wall) const {
  auto const* const serial = all.find("serial");
  if (serial == nullptr) return "";
  if (auto const alone = all.wall("serial")) return as_ratio(*alone / wall);
  if (serial->broken()->how != ending::stopped) return "–";
  return "> " + as_ratio(what_.limit / wall);
}

std::string table::ending() const {
  return '\n' + wrapped("→ " + what_.what->lesson(what_), where_.width(), 2, 0) + '\n';
}

std::size_t table::width_of_figures() const {
  return 2 * time_width + (shows_spread_ ? spread_width : 0) + memory_width + voluntary_width +
         involuntary_width + ratio_width;
}

std::size_t table::width_of_bar() const {
  auto const used = label_width + width_of_figures() + 2;
  return where_.width() > used + 10 ? std::min<std::size_t>(where_.width() - used, 40) : 10;
}

}  // namespace demos::compare
