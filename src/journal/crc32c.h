/// CRC-32C (Castagnoli), as in iSCSI and ext4: what each line of a journal file carries.
#pragma once

#include <cstdint>
#include <string_view>

namespace stellwerk::journal {

/// Of the whole of `bytes`; crc32c("123456789") is 0xe3069283. Uses SSE4.2 where the machine has it.
std::uint32_t crc32c(std::string_view bytes) noexcept;
/// The table-driven form that other machines use: the same values.
std::uint32_t crc32c_portable(std::string_view bytes) noexcept;

}  // namespace stellwerk::journal
