"""A storageDir that is slow or fails, for one process of a drill and as it says: see sick_storage.cc."""

import os

SICK = "STELLWERK_SICK_STORAGE"


class SickDisk:
    """Below `folder`, for one daemon."""

    def __init__(self, daemon, folder):
        self.orders = daemon.folder / "orders"
        # Built with AddressSanitizer a program wants nothing to be loaded before that.
        sanitizer = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        self.inside = ("env", f"LD_PRELOAD={os.environ[SICK]}", f"SICK_STORAGE_FOLDER={folder}",
                       f"SICK_STORAGE_ORDERS={self.orders}", f"ASAN_OPTIONS={sanitizer}")

    def is_so(self, write_ms=0, read_ms=0, error=0):
        """From its next call on; without arguments it is sound."""
        written = self.orders.with_suffix(".new")
        written.write_text(f"{write_ms} {read_ms} {error}\n", encoding="ascii")
        written.rename(self.orders)
