/// The library turns names into the locale's letters; a thread's are UTF-8 while it does, whatever the process'.
/// Internal to this folder.
#pragma once

#include <locale.h>  // NOLINT: uselocale is POSIX'

namespace stellwerk::archive {

class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
  ~Utf8Locale() {
    if (locale_ != nullptr) ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

  /// Of the calling thread, from here to the end of this.
  class Use {
   public:
    explicit Use(const Utf8Locale& of) : before_(of.locale_ == nullptr ? nullptr : ::uselocale(of.locale_)) {}
    ~Use() {
      if (before_ != nullptr) ::uselocale(before_);
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    locale_t before_;
  };

 private:
  locale_t locale_;
};

}  // namespace stellwerk::archive
