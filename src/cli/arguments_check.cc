/// Verbs that look for what is wrong with a cluster.
#include "base/text.h"
#include "cli/parse_verbs.h"
#include "cli/verb_parser.h"

namespace stellwerk::cli {

Parsed parse_fsck(Words words) {
  FsckArguments out;
  std::string last;
  VerbParser parser("fsck",
                    "Checks the register and the stored jobs of a cluster: every file, checksum and reference.\n"
                    "Without --repair nothing is changed. For a repair stop the masters first.");
  const auto many = [&parser](const std::string& name, std::vector<std::string>& into, const std::string& type,
                              const std::string& help) {
    parser.app()
        .add_option(name, into, help)
        ->type_name(type)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
  };
  CLI::Option* const head =
      parser.app().add_option("--head", out.head_file, "Takes the register from this file (JSON).");
  head->type_name("FILE");
  parser.app().add_flag("--rebuild-head", out.rebuild_head, "Makes the register anew from the files.")->excludes(head);
  parser.app()
      .add_option("--cluster", out.cluster, "Whose the folder is, where register, cluster.json and files disagree.")
      ->type_name("UUID");
  parser.app()
      .add_option("--last-segment", last, "With --rebuild-head: what to do about a last commit that nothing proves.")
      ->type_name("keep|drop")
      ->check(CLI::IsMember({"keep", "drop"}).description(""));
  many("--keep", out.keep, "JOB", "Serves a quarantined job as it is read now; JOB may be all.");
  many("--drop", out.drop, "JOB", "Ends a quarantined job for good.");
  many("--restore", out.restore, "JOB|KEY=FILE", "Puts back the copy that was found, or a value from a file.");
  parser.flag("--repair", out.repair, "Does it: a new snapshot under the next epoch; damaged files are set aside.");
  parser.flag("--accept-loss", out.accept_loss, "With --repair: also if acknowledged commits are given up.");
  parser.flag("--jobs", out.jobs, "Lists the jobs.");
  parser.json(out.json);
  parser.config(out.config);
  parser.app().footer(
      "Exit codes: 0 nothing is wrong, or it was repaired; 1 wrong arguments or configuration; 2 storage or\n"
      "register cannot be reached; 3 a repair may or may not have happened; 4 something is wrong, or refused.");
  if (auto end = parser.parse(std::move(words))) return *end;
  if (!last.empty() && !out.rebuild_head) return usage_error("--last-segment belongs to --rebuild-head.");
  if (out.accept_loss && !out.repair) return usage_error("--accept-loss belongs to --repair.");
  using Last = FsckArguments::LastSegment;
  out.last_segment = last.empty() ? Last::ask : last == "keep" ? Last::keep : Last::drop;
  return Arguments{std::move(out)};
}

Parsed parse_drill(Words words) {
  DrillArguments out;
  bool yes = false;
  VerbParser parser("drill",
                    "Starts a cluster of its own, hits it again and again while clients use it, prints how long each\n"
                    "recovery took, and checks that nothing that was promised got lost.");
  CLI::App& app = parser.app();
  const auto number = [&app](const std::string& name, int& into, int least, int most, const std::string& help) {
    return app.add_option(name, into, help + " Default " + std::to_string(into) + ".")
        ->type_name("N")
        ->check(CLI::Range(least, most).description(""));
  };
  app.add_option("FAULT", out.fault, "What to do; mixed is all of them, list explains them.")->type_name("");
  number("--rounds", out.rounds, 1, 1'000'000, "How often.");
  number("--jobs", out.jobs, 0, 1'000, "Jobs that run all the time, whose processes are watched.");
  number("--clients", out.clients, 1, 64, "Clients that submit, cancel and read all the time.");
  app.add_option("--seed", out.seed, "Repeats the faults in their order, not the timing; else a new one.")
      ->type_name("N");
  CLI::Option* const masters = number("--masters", out.masters, 1, 9, "Masters to start.");
  CLI::Option* const workers = number("--workers", out.workers, 0, 32, "Workers to start.");
  parser.flag("--no-zookeeper", out.no_zookeeper, "Coordination local, also where this host has a ZooKeeper.");
  parser.text("--dir", out.dir, "Empty folder for logs and storage; else one in TMPDIR.");
  parser.flag("--keep", out.keep, "Leaves that folder; after a violation it is kept anyway.");
  parser.json(out.json);
  app.add_option("--target", out.target, "Drills a running cluster of this host instead: all its masters.")
      ->type_name("HOST:PORT,...")
      ->excludes(masters)
      ->excludes(workers);
  parser.flag("--yes", yes, "With --target: yes, its processes may be hit.");
  app.footer(
      "Exit codes: 0 every promise was kept; 1 wrong arguments, or it is not possible here; 7 a promise was broken,\n"
      "or something did not come back: seed and folder to look into are printed; 130 Ctrl-C.");
  if (auto end = parser.parse(std::move(words))) return *end;
  if (out.fault.empty()) return usage_error("A FAULT should be specified; stellwerk drill list explains them.");
  if (yes && out.target.empty()) return usage_error("--yes belongs to --target.");
  if (!out.target.empty() && !yes && out.fault != "list")
    return usage_error("A drill kills and stops processes of the cluster at " + escaped(out.target, kShownBytesMax) +
                       "; add --yes if it shall.");
  return Arguments{std::move(out)};
}

}  // namespace stellwerk::cli
