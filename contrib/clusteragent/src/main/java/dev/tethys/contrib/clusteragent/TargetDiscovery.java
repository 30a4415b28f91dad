package dev.tethys.contrib.clusteragent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * Has an agent read the databases of the file and those of sources, which are asked every ten
 * seconds.
 */
final class TargetDiscovery implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(TargetDiscovery.class.getName());
  private static final Duration PERIOD = Duration.ofSeconds(10);

  private final DatabaseReadings readings;
  private final Function<ClusterAgentConfig, List<TargetSource>> open;
  private final LimitedLog overflow = new LimitedLog(LOG);
  private final Thread thread;

  @GuardedBy("this")
  private ClusterAgentConfig config = ClusterAgentConfig.EMPTY;

  @GuardedBy("this")
  private List<TargetSource> sources = List.of();

  private volatile TargetMerge.Merged merged = new TargetMerge.Merged(List.of(), 0);

  /**
   * State of a source.
   *
   * @param databases number of its databases
   */
  record SourceState(String name, int databases, String problem) {}

  /**
   * Starts to look for databases.
   *
   * @param open opens the sources of a configuration, in the order of precedence
   */
  TargetDiscovery(
      DatabaseReadings readings, Function<ClusterAgentConfig, List<TargetSource>> open) {
    this.readings = readings;
    this.open = open;
    this.thread =
        Thread.ofVirtual()
            .name("database-discovery")
            .start(SupervisedLoop.of("database_discovery", this::run));
  }

  /** Uses a configuration; its sources are opened again if their settings changed. */
  synchronized void apply(ClusterAgentConfig next) {
    boolean same =
        config.found().use() == next.found().use()
            && config.clouds().isEmpty() == next.clouds().isEmpty()
            && Objects.equals(config.kubernetes(), next.kubernetes());
    config = next;
    if (!same || sources.isEmpty()) {
      sources.forEach(TargetSource::close);
      sources = open.apply(next);
    }
    refresh();
  }

  /** Reads the databases that the sources have now. */
  synchronized void refresh() {
    List<List<FoundDatabase>> found = new ArrayList<>();
    sources.forEach(s -> found.add(s.databases()));
    merged = TargetMerge.of(config, found);
    if (merged.leftOut() > 0) {
      overflow.log(
          Level.WARNING,
          "Databases left out, more than {0} were found count={1}",
          TargetMerge.MAX_FOUND,
          merged.leftOut());
    }
    readings.apply(merged.targets());
  }

  /** Waits until each source has answered once. */
  void awaitFirst(Duration limit) throws InterruptedException {
    List<TargetSource> all;
    synchronized (this) {
      all = sources;
    }
    for (TargetSource s : all) {
      s.awaitFirst(limit);
    }
    refresh();
  }

  /** Targets of the file and of the sources. */
  List<DatabaseTarget> targets() {
    return merged.targets();
  }

  /** States of the sources. */
  synchronized List<SourceState> sources() {
    List<SourceState> out = new ArrayList<>();
    for (TargetSource s : sources) {
      out.add(new SourceState(s.name(), s.databases().size(), s.problem()));
    }
    return out;
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(PERIOD);
        refresh();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    synchronized (this) {
      sources.forEach(TargetSource::close);
      sources = List.of();
    }
  }
}
