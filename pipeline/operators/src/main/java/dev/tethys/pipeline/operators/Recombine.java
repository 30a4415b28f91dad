package dev.tethys.pipeline.operators;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Combines consecutive entries into one. Buffered entries remain unacknowledged, so nothing is lost
 * if the process ends.
 *
 * <p>Invariants: a series is never empty; at most {@code maxSources} are open. The lock is also
 * held while an entry is passed on, because entries of a source must stay in order.
 */
final class Recombine implements Operator.Action {
  /** Condition that marks the first or last entry of a series. */
  @FunctionalInterface
  interface Mark {
    boolean isAt(Entry e);
  }

  /**
   * Operator settings.
   *
   * @param first whether the mark identifies first entries; otherwise last ones
   * @param most entries of a series; 0 for any number
   * @param mostUnmatched entries of a series without a mark; 0 for any number
   * @param newest whether other fields are those of the newest entry
   * @param maxBytes maximum size of the combined text; 0 for any
   */
  record Settings(
      Mark mark,
      boolean first,
      Field field,
      String between,
      int most,
      int mostUnmatched,
      boolean newest,
      Duration flush,
      Field source,
      int maxSources,
      long maxBytes) {}

  private static final class Series {
    Entry base;
    final StringBuilder text = new StringBuilder();
    int entries;
    long bytes;
    boolean matched;
    long since = -1; // nanoseconds; not before the first look

    Series(Entry first) {
      base = first;
    }
  }

  private final Settings s;
  private final Map<String, Series> open = new LinkedHashMap<>();

  Recombine(Settings s) {
    this.s = s;
  }

  @Override
  public synchronized void process(Entry e, Operator self)
      throws OperatorException, InterruptedException {
    boolean marked = s.mark.isAt(e);
    if (!(s.field.get(e) instanceof String text)) {
      throw new OperatorException("there is no string at " + s.field + " to combine");
    }
    String source = s.source.get(e) instanceof String x ? x : "";
    if (marked && s.first) {
      end(source, self);
    }
    add(source, e, text, marked, self);
    if (marked && !s.first) {
      end(source, self);
    }
  }

  private void add(String source, Entry e, String text, boolean marked, Operator self)
      throws InterruptedException {
    Series series = open.get(source);
    if (series == null) {
      if (open.size() >= s.maxSources) {
        self.reportFailure(
            "more than "
                + s.maxSources
                + " sources are being combined: all are forwarded unchanged");
        flush(self);
      }
      series = new Series(e);
      open.put(source, series);
    } else {
      Entry base = series.base;
      base.absorb(e);
      if (s.newest) {
        base.become(e);
      }
    }
    series.entries++;
    series.matched |= marked;
    if (!series.text.isEmpty()) {
      series.text.append(s.between);
      series.bytes += s.between.length();
    }
    series.text.append(text);
    series.bytes += text.getBytes(StandardCharsets.UTF_8).length;
    if (s.maxBytes > 0 && series.bytes > s.maxBytes
        || s.most > 0 && series.entries >= s.most
        || !series.matched && s.mostUnmatched > 0 && series.entries >= s.mostUnmatched) {
      end(source, self);
    }
  }

  private void end(String source, Operator self) throws InterruptedException {
    Series series = open.remove(source);
    if (series == null) {
      return;
    }
    try {
      s.field.set(series.base, series.text.toString());
    } catch (OperatorException e) {
      self.failed(series.base, String.valueOf(e.getMessage()));
      return;
    }
    self.emit(series.base);
  }

  @Override
  public synchronized void tick(long nanos, Operator self) throws InterruptedException {
    List<String> late = new ArrayList<>();
    open.forEach(
        (source, series) -> {
          if (series.since < 0) {
            series.since = Math.max(0, nanos);
          } else if (nanos - series.since >= s.flush.toNanos()) {
            late.add(source);
          }
        });
    for (String source : late) {
      end(source, self);
    }
  }

  @Override
  public synchronized void flush(Operator self) throws InterruptedException {
    for (String source : List.copyOf(open.keySet())) {
      end(source, self);
    }
  }
}
