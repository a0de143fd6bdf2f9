/// bench_load: requests to one master, and how long their answers took, as one line of JSON.
#include <CLI/CLI.hpp>
#include <iostream>

#include "bench/load_client.h"

int main(int argc, char** argv) {
  stellwerk::bench::LoadOptions options;
  CLI::App app("Sends many like requests to one HTTP server and prints what it saw as JSON.");
  app.add_option("--host", options.host, "address, not a name");
  app.add_option("--port", options.port)->required();
  app.add_option("--path", options.path);
  app.add_option("--spec-bytes", options.spec_bytes, "POST a fresh job spec of so many bytes; without it GET");
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 4096));
  app.add_option("--warmup", options.warmup_seconds, "seconds that are not counted")->check(CLI::Range(0.0, 60.0));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.1, 600.0));
  app.add_option("--rate", options.rate, "requests a second, whether or not the server keeps up; 0: closed loop")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--requests", options.requests_max, "ends after so many answers; takes no warm-up");
  CLI11_PARSE(app, argc, argv);
  if (options.requests_max > 0) options.warmup_seconds = 0;
  stellwerk::bench::LoadClient client(options);
  if (const auto failed = client.run()) {
    std::cerr << *failed << "\n";
    return 1;
  }
  std::cout << client.json() << "\n";
  return 0;
}
