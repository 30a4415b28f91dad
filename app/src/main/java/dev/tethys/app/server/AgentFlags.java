package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.INTEGER;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;
import static dev.tethys.runtime.cli.Flag.refused;

import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import java.util.ArrayList;
import java.util.List;

/**
 * Flags of agent mode: some of the server's and its own. Other flags of the server are rejected.
 */
final class AgentFlags {
  private static final String LOG_OF_PROMETHEUS =
      "it tunes the write-ahead log of Prometheus's agent, which Tethys does not have";

  private AgentFlags() {}

  /** Flags shared by server and agent mode. */
  private static final List<String> OF_BOTH =
      List.of(
          "config.file",
          "config.auto-reload",
          "config.auto-reload-interval",
          "web.listen-address",
          "web.systemd-socket",
          "auto-gomaxprocs",
          "auto-gomemlimit",
          "auto-gomemlimit.ratio",
          "web.config.file",
          "web.read-timeout",
          "web.max-connections",
          "web.max-notifications-subscribers",
          "web.external-url",
          "web.route-prefix",
          "web.enable-lifecycle",
          "web.page-title",
          "web.cors.origin",
          "scrape.adjust-timestamps",
          "scrape.timestamp-tolerance",
          "scrape.discovery-reload-interval",
          "auto-gomemlimit.refresh-interval",
          "enable-feature",
          "agent",
          "log.level",
          "log.format");

  /**
   * Defines the flags of agent mode.
   *
   * @param folder the default folder of the queue; {@code ""} for memory
   */
  static FlagSet set(String folder) {
    List<Flag> flags = new ArrayList<>();
    ServerFlags.ALL.stream().filter(f -> OF_BOTH.contains(f.name())).forEach(flags::add);
    flags.add(
        of(
            "storage.agent.path",
            STRING,
            folder,
            "Folder of the queues of remote write; queues are in memory if empty."));
    flags.add(
        of(
            "storage.remote.flush-deadline",
            DURATION,
            "15s",
            "Time to send buffered samples at shutdown; samples still in memory are lost and"
                + " their number is logged. A queue on disk keeps its samples and stops at once."
                + " Prometheus waits 1m, but Kubernetes kills a container 30s after the signal."));
    flags.add(
        of(
            "storage.remote.queue-size",
            SIZE,
            "",
            "Maximum bytes queued for each remote write endpoint; when the queue is full the oldest"
                + " samples are dropped and counted. 4GB on disk and 64MB in memory by default."
                + " (Tethys)"));
    flags.add(
        of(
            "web.enable-tap",
            BOOLEAN,
            "false",
            "Allow live inspection of exported data: every client of the port can then read"
                + " metrics. (Tethys)"));
    flags.add(refused("storage.agent.wal-compression", BOOLEAN, "true", LOG_OF_PROMETHEUS));
    flags.add(refused("storage.agent.retention.min-time", DURATION, "5m", LOG_OF_PROMETHEUS));
    flags.add(refused("storage.agent.retention.max-time", DURATION, "4h", LOG_OF_PROMETHEUS));
    flags.add(
        refused("storage.agent.no-lockfile", BOOLEAN, "false", "a queue on disk is always locked"));
    flags.add(refused("storage.agent.wal-segment-size", SIZE, "", LOG_OF_PROMETHEUS));
    flags.add(refused("storage.agent.wal-compression-type", STRING, "snappy", LOG_OF_PROMETHEUS));
    flags.add(refused("storage.agent.wal-truncate-frequency", DURATION, "", LOG_OF_PROMETHEUS));
    flags.add(
        refused(
            "storage.agent.checkpoint-from-in-memory-series", BOOLEAN, "false", LOG_OF_PROMETHEUS));
    flags.add(refused("storage.agent.checkpoint-batch-size", INTEGER, "1000", LOG_OF_PROMETHEUS));
    for (Flag f : ServerFlags.all()) {
      if (flags.stream().noneMatch(x -> x.name().equals(f.name()))) {
        flags.add(refused(f.name(), f.kind(), f.defaultValue(), "it cannot be used in agent mode"));
      }
    }
    return new FlagSet(
        "tethys agent",
        "Scrapes targets and sends their metrics on by remote write. Takes prometheus.yml and the"
            + " flags of Prometheus's agent mode; nothing is stored and nothing can be queried.",
        flags);
  }
}
