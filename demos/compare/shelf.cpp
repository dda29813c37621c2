// SPDX-License-Identifier: BSL-1.0
/// Finds text files and counts them the plain way.
#include "shelf.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <system_error>

namespace demos::compare {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t wanted = 24;
constexpr std::uintmax_t largest = 8 * 1024 * 1024;
constexpr std::uintmax_t smallest = 16 * 1024;  // even a bare Debian has more than 24 of these

struct candidate {
  std::uintmax_t size;
  std::string path;
};

// Every regular file of a fitting size below `root`; links are not followed.
void gather_candidates(char const* root, interrupts& stop, std::vector<candidate>& all) {
  std::error_code ignored;
  auto const quietly = fs::directory_options::skip_permission_denied;
  auto entry = fs::recursive_directory_iterator(root, quietly, ignored);
  for (; entry != fs::recursive_directory_iterator(); entry.increment(ignored)) {
    stop.check();
    if (ignored) break;
    std::error_code gone;
    if (!entry->is_regular_file(gone) || entry->is_symlink(gone)) continue;
    auto const size = entry->file_size(gone);
    if (!gone && size >= smallest && size <= largest) all.push_back({size, entry->path()});
  }
}

// Whether a sample holds text: no control characters but white space, and well-formed UTF-8 as
// far as lead bytes and what follows them go (the sample may end inside a character).
bool is_text(std::string_view sample) {
  int missing = 0;  // continuation bytes still to come
  for (char const each : sample) {
    auto const c = static_cast<unsigned char>(each);
    if (missing > 0) {
      if ((c & 0xC0) != 0x80) return false;
      --missing;
    } else if (c >= 0x80) {
      if (c < 0xC2 || c > 0xF4) return false;
      missing = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    } else if (c < 0x20 ? !(c >= '\t' && c <= '\r') : c == 0x7F) {
      return false;
    }
  }
  return true;
}

// Looks at the head of a file only: that is where binary formats give themselves away.
bool is_text_file(std::string const& path) {
  std::array<char, 16 * 1024> head;
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  return file.gcount() > 0 && is_text({head.data(), static_cast<std::size_t>(file.gcount())});
}

book count_plainly(std::string const& path, interrupts& stop) {
  open_book(path);  // for its reasons: a stream knows none
  book counted{.path = path, .bytes = 0, .words = 0};
  std::ifstream file(path, std::ios::binary);
  bool in_word = false;
  for (int c; (c = file.rdbuf()->sbumpc()) != std::ifstream::traits_type::eof();) {
    if (++counted.bytes % (1024 * 1024) == 0) stop.check();
    if (std::isspace(c) != 0) {
      in_word = false;
    } else if (!in_word) {
      in_word = true;
      ++counted.words;
    }
  }
  return counted;
}

}  // namespace

unreadable unreadable::because(int error_number) {
  return unreadable(std::generic_category().message(error_number));
}

owned_fd open_book(std::string const& path) {
  // Not to wait at a named pipe that nobody writes to; it means nothing for a regular file.
  owned_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about {};
  if (file.get() < 0 || ::fstat(file.get(), &about) < 0) throw unreadable::because(errno);
  if (S_ISDIR(about.st_mode)) throw unreadable::because(EISDIR);
  if (!S_ISREG(about.st_mode)) throw unreadable("Not a regular file");
  return file;
}

std::vector<std::string> find_books(interrupts& stop) {
  std::vector<candidate> all;
  for (auto const* root : {"/usr/share", "/usr/include", "/usr/lib"}) {
    gather_candidates(root, stop, all);
  }
  std::ranges::sort(all, [](candidate const& a, candidate const& b) {
    return a.size != b.size ? a.size > b.size : a.path < b.path;
  });

  std::vector<std::string> chosen;
  std::uintmax_t last_size = 0;
  for (auto const& each : all) {
    stop.check();
    if (chosen.size() == wanted) break;
    // Of equal sizes only the first: distributions hold many copies of the same file.
    if (each.size == last_size || !is_text_file(each.path)) continue;
    chosen.push_back(each.path);
    last_size = each.size;
  }
  return chosen;
}

std::vector<book> count_books(std::vector<std::string> const& paths, interrupts& stop,
                              std::vector<trouble>& troubles) {
  std::vector<book> counted;
  for (auto const& path : paths) {
    try {
      counted.push_back(count_plainly(path, stop));
    } catch (std::exception const& error) {
      troubles.push_back({path, error.what()});
    }
  }
  return counted;
}

std::uint64_t total_words(std::span<book const> shelf) {
  auto const add = [](std::uint64_t sum, book const& each) { return sum + each.words; };
  return std::accumulate(shelf.begin(), shelf.end(), std::uint64_t{0}, add);
}

std::uint64_t total_bytes(std::span<book const> shelf) {
  auto const add = [](std::uint64_t sum, book const& each) { return sum + each.bytes; };
  return std::accumulate(shelf.begin(), shelf.end(), std::uint64_t{0}, add);
}

}  // namespace demos::compare
