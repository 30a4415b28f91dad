package dev.tethys.pipeline.naming;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Signal;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Bounded set of names built from label values, so that senders cannot fill a database with tables.
 * Beyond the limit, items go to one more name, in which every label is {@code other}, and are
 * counted. Names are kept for the life of the exporter. Thread-safe.
 */
public final class BoundedNames {
  /** Replaces labels beyond the limit. */
  public static final String OTHER = "other";

  private static final int MOST = 100_000;

  private final Function<UnaryOperator<String>, String> naming;
  private final boolean fixed;
  private final int most;
  private final String other;
  private final Set<String> known = ConcurrentHashMap.newKeySet();
  private final Registry.Counter beyond;
  private final AtomicBoolean logged = new AtomicBoolean();
  private final String exporter;

  /**
   * @param most maximum number of names, in addition to the one for all others
   * @param registry registry of the exporter
   * @param exporter the component, as in {@code clickhouse/far}
   */
  public BoundedNames(
      NameTemplate template, int most, Registry registry, String exporter, Signal signal) {
    this(
        template::of,
        template.isFixed(),
        template.of(l -> OTHER),
        most,
        registry,
        exporter,
        signal);
  }

  /**
   * Names created by a function instead of a template.
   *
   * @param naming name for labels
   * @param other the name beyond the limit
   * @param most maximum number of names, in addition to the one for all others
   * @param registry registry of the exporter
   * @param exporter the component, as in {@code kafka/far}
   */
  public BoundedNames(
      Function<UnaryOperator<String>, String> naming,
      String other,
      int most,
      Registry registry,
      String exporter,
      Signal signal) {
    this(naming, false, other, most, registry, exporter, signal);
  }

  private BoundedNames(
      Function<UnaryOperator<String>, String> naming,
      boolean fixed,
      String other,
      int most,
      Registry registry,
      String exporter,
      Signal signal) {
    this.naming = naming;
    this.fixed = fixed;
    this.most = most;
    this.other = other;
    this.exporter = exporter;
    this.beyond =
        registry
            .counters(
                "tethys_exporter_names_beyond_limit_total",
                "Series and resources whose labels would have exceeded max_names; they went to "
                    + "the name with \"other\" in it.",
                "exporter",
                "signal")
            .with(exporter, signal.name().toLowerCase(Locale.ROOT));
  }

  /** Returns the key of the limit, added to the section of an exporter. */
  public static Key<Long> key(Section s, long usual) {
    return s.key(
        "max_names",
        Type.INT,
        usual,
        "Maximum number of names that {labels} produce; beyond it items go to the name "
            + "with \"other\" for every label.");
  }

  /** Returns the configured limit. */
  public static int read(YamlObject o, Key<Long> key) {
    long v = o.get(key);
    if (v < 1 || v > MOST) {
      throw o.error(key, key.name() + " must be 1 to " + MOST);
    }
    return (int) v;
  }

  /** Whether labels make no difference. */
  boolean isFixed() {
    return fixed;
  }

  /** Returns the name for labels; "" for missing ones. */
  public String of(UnaryOperator<String> label) {
    String name = naming.apply(label);
    return fixed ? name : bounded(name);
  }

  /** Variant for a given name. */
  public String bounded(String name) {
    return name.equals(other) || admits(name) ? name : other;
  }

  /** Whether a name is within the limit; counts it if not. */
  public boolean admits(String name) {
    if (known.contains(name)) {
      return true;
    }
    synchronized (known) {
      if (known.size() < most) {
        known.add(name);
        return true;
      }
    }
    beyond.inc();
    if (logged.compareAndSet(false, true)) {
      JulLogger.of(BoundedNames.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "{0}: {1} exceeds max_names ({2}): its data goes to {3}, as will data of further "
                  + "names",
              exporter,
              name,
              most,
              other);
    }
    return false;
  }
}
