/// Reading a directory, bounded.
#pragma once

#include <stellwerk/result.h>

#include <cstddef>
#include <functional>
#include <string>

namespace stellwerk::storage {

/// Calls `each` with the name and d_type of every entry but "." and ".." until it answers false.
/// `folder` stays open and keeps its own position. Answers 0 or -errno.
int for_each_entry(int folder, const std::function<bool(const char* name, unsigned char type)>& each);

}  // namespace stellwerk::storage
