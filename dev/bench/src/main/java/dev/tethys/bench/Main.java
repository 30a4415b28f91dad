package dev.tethys.bench;

import static java.util.Map.entry;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;

/** {@code tethys bench NAME …}, by its name; the races are run by the launcher. */
public final class Main {
  /** Runs a benchmark with the arguments after its name; returns the exit code. */
  @FunctionalInterface
  private interface Benchmark {
    int run(String[] args) throws Exception;
  }

  private static final Map<String, Benchmark> BENCHMARKS =
      Map.ofEntries(
          entry("agent-kills", AgentKills::run),
          entry("backlog", TopicBacklog::run),
          entry("cardinality", Cardinality::run),
          entry("churn", Churn::run),
          entry("control", ControlRace::run),
          entry("dashboard", Dashboard::run),
          entry("destinations", ExporterWriters::run),
          entry("disk", Disk::run),
          entry("entities", EntityScale::run),
          entry("inspections", InspectionScale::run),
          entry("equality", Equality::run),
          entry("fuzz", Fuzz::run),
          entry("hostile", Hostile::run),
          entry("jmh", Main::jmh),
          entry("kills", Kills::run),
          entry("kinds", Kinds::run),
          entry("log-kills", LogKills::run),
          entry("log-store", LogStoreRuns::run),
          entry("trace-store", TraceStoreRuns::run),
          entry("logs", LogFiles::run),
          entry("lookups", Lookups::run),
          entry("overload", Overload::run),
          entry("pipeline", PipelineThroughput::run),
          entry("profile-ingest", ProfileIngestRuns::run),
          entry("profile-store", ProfileStoreRuns::run),
          entry("rollouts", RolloutRace::run),
          entry("rules", RuleRace::run),
          entry("scrapes", ScrapeRace::run),
          entry("soak", Soak::run),
          entry("stages", LogStages::run),
          entry("targets", Targets::run));

  private Main() {}

  private static int jmh(String[] args) throws Exception {
    org.openjdk.jmh.Main.main(args);
    return 0;
  }

  public static void main(String[] args) throws Exception {
    String what = args.length == 0 ? "" : args[0];
    Benchmark benchmark = BENCHMARKS.get(what);
    if (benchmark == null) {
      System.err.println(
          "usage: tethys bench NAME …; there are race, "
              + String.join(", ", new TreeSet<>(BENCHMARKS.keySet())));
      System.exit(2);
      return;
    }
    try {
      System.exit(benchmark.run(Arrays.copyOfRange(args, 1, args.length)));
    } catch (Options.WrongException e) {
      System.err.println("tethys bench " + what + ": " + e.getMessage());
      System.exit(2);
    }
  }
}
