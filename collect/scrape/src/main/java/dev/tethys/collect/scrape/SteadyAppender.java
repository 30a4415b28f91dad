package dev.tethys.collect.scrape;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.storage.LayoutAppender;
import dev.tethys.model.storage.SeriesLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Appender for a target that mostly returns the same series in the same order: as long as it does,
 * only values are collected, and appended together. At the first difference, the collected values
 * and all following ones are appended series by series.
 *
 * <p>Without a layout it only checks whether the scrape permits one: nothing but floats of one
 * time, and at the end the series that a scrape writes about itself.
 */
final class SteadyAppender implements LayoutAppender {
  /** First reference into the layout; the next appender has no references in this range. */
  private static final long IN_LAYOUT = 1L << 62;

  private final LayoutAppender to;
  private final PackedSeries memory;
  private @Nullable SeriesLayout layout;
  private double[] values = {};
  private int next;
  private long time = Long.MIN_VALUE;
  private long current; // reference after the last one returned from the layout
  private boolean plain = true;
  private final List<Labels> own = new ArrayList<>(); // behind the newest series of the page

  SteadyAppender(LayoutAppender to, PackedSeries memory, @Nullable SeriesLayout layout) {
    this.to = to;
    this.memory = memory;
    this.layout = layout;
    if (layout != null) {
      values = new double[layout.size()];
    }
  }

  boolean isSteady() {
    return layout != null;
  }

  /** Whether the layout's series at an index is the next one. */
  boolean isNext(int index) {
    return index == next;
  }

  /** The reference of the page's next series. */
  long nextInPage() {
    return IN_LAYOUT | next;
  }

  /** Notes that the last series written is new on the page, so no series before it is its own. */
  void newInPage() {
    own.clear();
  }

  /** From now on everything is appended series by series. */
  void breakUp() {
    breakUp(false);
  }

  /**
   * Ends the layout.
   *
   * @param atNext whether the next series in the layout is to be the current one
   */
  private void breakUp(boolean atNext) {
    SeriesLayout l = layout;
    if (l == null) {
      return;
    }
    layout = null;
    plain = false;
    memory.broken();
    if (next == 0 && !atNext) {
      return;
    }
    int[] i = {0};
    l.forEach(
        (buf, offset, length) -> {
          if (i[0] < next || i[0] == next && atNext) {
            current = to.series(buf, offset, length, CANONICAL);
          }
          if (i[0] < next) {
            to.append(current, 0, time, values[i[0]]);
          }
          i[0]++;
        });
  }

  /** Whether a reference is that of the next series. */
  private boolean isNext(long series) {
    return layout != null && series == (IN_LAYOUT | next) && next < values.length;
  }

  @Override
  public long series(Labels labels) {
    SeriesLayout l = layout;
    if (l != null) {
      if (memory.isOwn(next, labels)) {
        return IN_LAYOUT | next;
      }
      breakUp();
    }
    own.add(labels);
    return to.series(labels);
  }

  @Override
  public long series(byte[] buf, int offset, int length, LabelDecoder decoder) {
    breakUp();
    return to.series(buf, offset, length, decoder);
  }

  @Override
  public @Nullable Labels labels(long series) {
    breakUp();
    return to.labels(series);
  }

  @Override
  public Outcome append(long series, long startTimestamp, long timestamp, double value) {
    if (isNext(series)) {
      if (startTimestamp == 0 && (next == 0 || timestamp == time)) {
        time = timestamp;
        values[next++] = value;
        return Outcome.OK;
      }
      breakUp(true);
      return to.append(current, startTimestamp, timestamp, value);
    }
    if ((series & IN_LAYOUT) != 0) {
      breakUp(); // that of an earlier scrape
      return Outcome.UNKNOWN_SERIES;
    }
    if (layout != null) {
      return Outcome.UNKNOWN_SERIES;
    }
    if (time == Long.MIN_VALUE) {
      time = timestamp;
    }
    plain &= startTimestamp == 0 && timestamp == time;
    return to.append(series, startTimestamp, timestamp, value);
  }

  @Override
  public Outcome append(long series, long startTimestamp, long timestamp, Histogram histogram) {
    if (isNext(series)) {
      breakUp(true);
      return to.append(current, startTimestamp, timestamp, histogram);
    }
    breakUp();
    plain = false;
    return (series & IN_LAYOUT) != 0
        ? Outcome.UNKNOWN_SERIES
        : to.append(series, startTimestamp, timestamp, histogram);
  }

  @Override
  public Outcome append(long series, Exemplar exemplar) {
    breakUp();
    plain = false;
    // For a collected sample: its series is the one last appended to.
    return to.append((series & IN_LAYOUT) != 0 ? current : series, exemplar);
  }

  @Override
  public void append(SeriesLayout l, long timestamp, double[] v) {
    throw new UnsupportedOperationException("it creates layouts and does not accept them");
  }

  @Override
  public void metadata(String metricName, MetricMetadata metadata) {
    to.metadata(metricName, metadata);
  }

  @Override
  public boolean takesFamilies() {
    return to.takesFamilies();
  }

  @Override
  public void families(MetricFamilies families) {
    to.families(families);
  }

  @Override
  public void commit() {
    SeriesLayout l = layout;
    if (l != null && next == values.length) {
      to.append(l, time, values);
      layout = null;
      to.commit();
      return;
    }
    breakUp();
    to.commit();
    memory.committed(plain ? own : null);
  }

  @Override
  public void close() {
    values = Arrays.copyOf(values, 0);
    layout = null;
    to.close();
  }
}
