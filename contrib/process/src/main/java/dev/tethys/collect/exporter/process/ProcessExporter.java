package dev.tethys.collect.exporter.process;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.FamilyBuilder;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.process.ProcessTracker.Round;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects groups of processes on request, for one client at a time: the usage of a process between
 * two scrapes is added once.
 */
final class ProcessExporter implements Exporter {
  private static final System.Logger LOG = JulLogger.of(ProcessExporter.class.getName());

  /** Creates a tracker when the rules change. */
  interface Trackers {
    ProcessTracker of(GroupNamer namer) throws IOException;
  }

  /** Aggregation by group; created with every tracker. */
  interface Groups {
    ProcessGroups make();
  }

  private final @Nullable Path file;
  private final Trackers trackers;
  private final Groups fresh;
  private String text = "";
  private ProcessTracker tracker;
  private ProcessGroups groups;
  private long errors;
  private long unread;
  private long partial;

  /**
   * Scans for the first time, so that subsequent usage is counted.
   *
   * @param file file of rules; null if they were set otherwise
   */
  ProcessExporter(@Nullable Path file, GroupNamer namer, Trackers trackers, Groups fresh)
      throws IOException {
    this.file = file;
    this.trackers = trackers;
    this.fresh = fresh;
    if (file != null) {
      text = Files.readString(file, StandardCharsets.UTF_8);
    }
    tracker = trackers.of(namer);
    groups = fresh.make();
    begin();
  }

  private void begin() throws IOException {
    Round first = tracker.readAll();
    groups.show(first.seen(), new FamilyBuilder());
    unread += first.unread();
    partial += first.partial();
  }

  @Override
  public @Nullable MetricsSource metrics() {
    return this::collect;
  }

  synchronized List<MetricFamily> collect(Probe probe) {
    FamilyBuilder f = new FamilyBuilder();
    try {
      Round r = tracker.readAll();
      unread += r.unread();
      partial += r.partial();
      groups.show(r.seen(), f);
    } catch (IOException e) {
      errors++;
      LOG.log(Level.WARNING, "processes cannot be listed: {0}", e.getMessage());
    }
    own(
        f,
        "namedprocess_scrape_errors",
        "general scrape errors: no proc metrics collected during a cycle",
        errors);
    own(
        f,
        "namedprocess_scrape_procread_errors",
        "incremented each time a proc's metrics collection fails",
        unread);
    own(
        f,
        "namedprocess_scrape_partial_errors",
        "incremented each time a tracked proc's metrics collection fails partially, e.g. unreadable"
            + " I/O stats",
        partial);
    return f.families();
  }

  private static void own(FamilyBuilder f, String name, String help, long value) {
    f.set(MetricType.COUNTER, name, help, Labels.EMPTY, (double) value);
  }

  @Override
  public Map<String, MetricsSource> probes() {
    return Map.of();
  }

  @Override
  public boolean reloads() {
    return file != null;
  }

  /** Reloads the rules: unchanged rules keep everything, changed ones start with new counters. */
  @Override
  public void reload() throws IOException {
    if (file == null) {
      return;
    }
    String now = Files.readString(file, StandardCharsets.UTF_8);
    GroupNamer namer = rules(file);
    synchronized (this) {
      if (now.equals(text)) {
        return;
      }
      tracker = trackers.of(namer);
      groups = fresh.make();
      text = now;
      begin();
    }
  }

  /**
   * Reads the rules from a file.
   *
   * @throws dev.tethys.config.ConfigException with the position of the error
   */
  static GroupNamer rules(Path file) throws IOException {
    YamlDocument d = YamlDocument.read(file);
    GroupNamer n = d.readWhole(() -> GroupRules.read(d.root()));
    d.refuseNotBuilt();
    return n;
  }

  @Override
  public void close() {}
}
