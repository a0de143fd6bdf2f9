/// The page for people: one HTML text with its style and script inside, which asks the master that sent it
/// (docs/rest-api.md) and nobody else. All its addresses are relative to its own.
#pragma once

#include <string>
#include <string_view>

namespace stellwerk::page {

/// The whole page.
std::string_view text() noexcept;

/// A Content-Security-Policy for a page like this: its own style and script by their digests, its own
/// master, and nothing else.
std::string content_security_policy(std::string_view page);

}  // namespace stellwerk::page
