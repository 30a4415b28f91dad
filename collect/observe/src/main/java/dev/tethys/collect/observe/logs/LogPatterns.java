package dev.tethys.collect.observe.logs;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.container.ContainerNames;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Counts of log messages by level and pattern, as {@code container_log_messages_total}. Bounded:
 * messages beyond the bounds are counted under one hash.
 */
public final class LogPatterns implements Collector {
  /** Hash of messages whose pattern was not determined. */
  static final String UNCLASSIFIED = "00000000000000000000000000000000";

  private static final int PATTERNS = 256;
  private static final int MAX_SOURCES = 4000;
  private static final int LONGEST_SAMPLE = 4096;
  private static final int MOST_A_SECOND = 100;

  /** Receiver of counts. */
  @FunctionalInterface
  public interface Counts {
    /** Takes the number of messages of one pattern. */
    void count(
        Owner owner, String source, LogLevel level, String hash, String sample, long messages);
  }

  private record Source(Owner owner, String source, LogLevel level) {}

  private static final class Counted {
    final LogPattern pattern;
    final String hash;
    final String sample;
    long messages;

    Counted(LogPattern pattern, String hash, String sample) {
      this.pattern = pattern;
      this.hash = hash;
      this.sample = sample;
    }
  }

  private static final class Patterns {
    final Map<String, Counted> byHash = new LinkedHashMap<>();
    final Counted others = new Counted(new LogPattern(List.of()), UNCLASSIFIED, "");
    long second;
    int extracted;
  }

  private final Map<Source, Patterns> sources = new LinkedHashMap<>();
  private long shed;

  /**
   * Counts a message and returns the hash of its pattern.
   *
   * @param source label {@code source}: journald, stdout/stderr or the path of a file
   */
  public synchronized String count(
      Owner owner, String source, LogLevel level, String message, long nowNanos) {
    Source key = new Source(owner, source, level);
    Patterns p = sources.get(key);
    if (p == null) {
      if (sources.size() >= MAX_SOURCES) {
        shed++;
        return UNCLASSIFIED;
      }
      p = new Patterns();
      sources.put(key, p);
    }
    long second = nowNanos / 1_000_000_000L;
    if (second != p.second) {
      p.second = second;
      p.extracted = 0;
    }
    // Bounds the CPU that a container with very many messages can take.
    Counted c = ++p.extracted > MOST_A_SECOND ? p.others : counted(p, message);
    c.messages++;
    return c.hash;
  }

  private static Counted counted(Patterns p, String message) {
    LogPattern pattern = LogPattern.of(message);
    String hash = pattern.hash();
    Counted c = p.byHash.get(hash);
    if (c != null) {
      return c;
    }
    for (Counted known : p.byHash.values()) {
      if (known.pattern.isWeaklyEqual(pattern)) {
        return known;
      }
    }
    if (p.byHash.size() >= PATTERNS) {
      return p.others;
    }
    c = new Counted(pattern, hash, ContainerNames.truncate(message, LONGEST_SAMPLE));
    p.byHash.put(hash, c);
    return c;
  }

  /** Messages of sources beyond the bound. */
  public synchronized long shed() {
    return shed;
  }

  /** Removes the counts of removed containers. */
  public synchronized void retain(Predicate<Owner> known) {
    sources.keySet().removeIf(s -> !known.test(s.owner));
  }

  /** Passes all counts on. */
  public synchronized void each(Counts to) {
    sources.forEach(
        (s, p) -> {
          p.byHash.values().forEach(c -> pass(s, c, to));
          if (p.others.messages > 0) {
            pass(s, p.others, to);
          }
        });
  }

  private static void pass(Source s, Counted c, Counts to) {
    to.count(s.owner, s.source, s.level, c.hash, c.sample, c.messages);
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    List<Metric> metrics = new ArrayList<>();
    each(
        (owner, source, level, hash, sample, messages) -> {
          LabelsBuilder b = new LabelsBuilder(Labels.EMPTY);
          b.set("container_id", owner.containerId());
          b.set("app_id", owner.appId());
          b.set("source", source);
          b.set("level", level.label());
          b.set("pattern_hash", hash);
          b.set("sample", sample);
          metrics.add(new Metric(b.build(), messages));
        });
    if (!metrics.isEmpty()) {
      to.accept(
          new MetricFamily(
              "container_log_messages_total",
              MetricType.COUNTER,
              "Log messages by level and pattern, with a sample of each pattern.",
              "",
              metrics));
    }
  }
}
