#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>

namespace arbees::sim {

/// Makes the file anew, with what `write` puts out. The error names it and says what to look at.
[[nodiscard]] std::expected<void, std::string> write_output(
    const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);
[[nodiscard]] std::expected<void, std::string> write_output(const std::filesystem::path& path,
                                                            const std::string& text);

/// Makes the folder, and those above it, where they are missing.
[[nodiscard]] std::expected<void, std::string> make_output_folder(
    const std::filesystem::path& folder);

/// Whether what is to be written after hours of work could be written now. Leaves nothing behind but folders.
[[nodiscard]] std::expected<void, std::string> try_output(const std::filesystem::path& path);
[[nodiscard]] std::expected<void, std::string> try_output_folder(
    const std::filesystem::path& folder);

}  // namespace arbees::sim
