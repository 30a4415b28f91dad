package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.Document.Timestamp;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Creates metrics from all numbers, times and booleans of a document, named by their path. */
final class DocumentMetrics {
  private static final String HISTOGRAMS = "histograms";

  private final MetricSet out;
  private final boolean oldNames;
  private final boolean histograms;

  /**
   * @param oldNames whether metrics have the names of mongodb_exporter 0.1x too
   * @param histograms whether buckets are shown
   */
  DocumentMetrics(MetricSet out, boolean oldNames, boolean histograms) {
    this.out = out;
    this.oldNames = oldNames;
    this.histograms = histograms;
  }

  /**
   * Adds the content of a document.
   *
   * @param path path of the document, or {@code ""} for the root
   */
  void add(String path, Document document, Map<String, String> labels) {
    String prefix = path.isEmpty() ? "" : path + ".";
    String label = MetricNames.nextAsLabel(prefix);
    document
        .fields()
        .forEach(
            (name, value) -> {
              if (isHistogram(prefix + name) && !histograms) {
                return;
              }
              if (label == null) {
                add(prefix, name, prefix + name, value, labels);
              } else {
                add(prefix, name, prefix + label, value, with(labels, label, name));
              }
            });
  }

  private void add(
      String prefix, String name, String path, @Nullable Object value, Map<String, String> labels) {
    switch (value) {
      case Document d -> add(path, d, labels);
      case List<?> l -> items(path, l, labels);
      case null, default -> {
        Double v = number(value);
        if (v != null) {
          add(metric(prefix, name, v, labels));
        }
      }
    }
  }

  private static boolean isHistogram(String path) {
    return path.equals(HISTOGRAMS)
        || path.endsWith("." + HISTOGRAMS)
        || path.contains("." + HISTOGRAMS + ".");
  }

  static Map<String, String> with(Map<String, String> labels, String name, String value) {
    Map<String, String> out = new LinkedHashMap<>(labels);
    out.put(name, value);
    return out;
  }

  /** Members of replica sets, with their names as labels, or buckets. */
  private void items(String path, List<?> items, Map<String, String> labels) {
    for (Object o : items) {
      if (!(o instanceof Document d)) {
        continue;
      }
      Double count = d.number("count");
      if (isHistogram(path) && d.fields().containsKey("lowerBound") && count != null) {
        String bound = String.valueOf(d.at("lowerBound"));
        add(metric(path + ".", "count", count, with(labels, "lower_bound", bound)));
        continue;
      }
      Map<String, String> own = labels;
      for (String key : List.of("name", "host")) {
        own = d.at(key) instanceof String s ? with(own, "member_idx", s) : own;
      }
      add(path, d, d.at("stateStr") instanceof String s ? with(own, "member_state", s) : own);
    }
  }

  /**
   * Converts a value to a number: dates in milliseconds, timestamps in seconds; null for other
   * types.
   */
  static @Nullable Double number(@Nullable Object value) {
    return switch (value) {
      case Boolean b -> b ? 1.0 : 0.0;
      case Number n -> Double.valueOf(n.doubleValue());
      case Instant i -> (double) i.toEpochMilli();
      case Timestamp t -> (double) t.seconds();
      case null, default -> null;
    };
  }

  private static NamedValue metric(
      String prefix, String name, double value, Map<String, String> labels) {
    boolean isSize = prefix.equals("collstats.storageStats.indexSizes.");
    boolean counter = !isSize && name.toLowerCase(Locale.ROOT).endsWith("count");
    String label = MetricNames.lastAsLabel(prefix);
    return label == null
        ? new NamedValue(MetricNames.of(prefix + name), prefix + name, counter, value, labels)
        : new NamedValue(
            MetricNames.of(prefix),
            prefix.substring(0, prefix.length() - 1),
            counter,
            value,
            with(labels, label, name));
  }

  private void add(NamedValue found) {
    List<NamedValue> regrouped = Renaming.REGROUPED.of(found);
    for (NamedValue v : regrouped.isEmpty() ? List.of(found) : regrouped) {
      show(v);
      if (oldNames) {
        Renaming.OLD.of(v).forEach(this::show);
      }
    }
  }

  private void show(NamedValue v) {
    List<String> labels = new ArrayList<>();
    v.labels()
        .forEach(
            (name, value) -> {
              labels.add(name);
              labels.add(value);
            });
    out.add(
        v.name(),
        v.counter() ? MetricType.COUNTER : MetricType.UNKNOWN,
        v.help(),
        new MetricFamily.Value(v.value(), null),
        labels.toArray(String[]::new));
  }
}
