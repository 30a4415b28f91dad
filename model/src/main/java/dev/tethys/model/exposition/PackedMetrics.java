package dev.tethys.model.exposition;

import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * List of metrics that keeps plain numbers in arrays and creates a {@link Metric} on access.
 * Millions of metrics then are thousands of objects, so that a collection of the heap has little to
 * follow. Unmodifiable.
 *
 * <p>Invariant: every chunk but the last has {@link #CHUNK} metrics.
 */
public final class PackedMetrics extends AbstractList<Metric> implements RandomAccess {
  static final int CHUNK = 1024;

  private sealed interface Chunk {
    Metric get(int i);
  }

  /** Metrics as they were added: histograms, summaries, exemplars, timestamps. */
  private record Whole(Metric[] metrics) implements Chunk {
    @Override
    public Metric get(int i) {
      return metrics[i];
    }
  }

  /**
   * Plain numbers.
   *
   * @param labels canonical bytes of all metrics, concatenated
   * @param ends end offset of each metric
   */
  private record Numbers(byte[] labels, int[] ends, double[] values) implements Chunk {
    @Override
    public Metric get(int i) {
      byte[] own = Arrays.copyOfRange(labels, i == 0 ? 0 : ends[i - 1], ends[i]);
      return new Metric(Labels.ofCanonicalBytes(own), values[i]);
    }
  }

  /** Collects metrics. Not thread-safe. */
  public static final class Builder {
    private final List<Chunk> chunks = new ArrayList<>();
    private final Metric[] open = new Metric[CHUNK];
    private int n;

    private Builder() {}

    /** Adds a metric at the end. */
    public Builder add(Metric m) {
      open[n++] = m;
      if (n == CHUNK) {
        pack();
      }
      return this;
    }

    /** Returns the number of metrics added. */
    public int size() {
      return chunks.size() * CHUNK + n;
    }

    /** The list; the builder must not be used afterwards. */
    public PackedMetrics build() {
      int size = size();
      if (n > 0) {
        pack();
      }
      return new PackedMetrics(List.copyOf(chunks), size);
    }

    private void pack() {
      int bytes = 0;
      boolean plain = true;
      for (int i = 0; i < n; i++) {
        Metric m = open[i];
        plain &=
            m.timestamp() == null
                && m.startTimestamp() == 0
                && m.point() instanceof Value v
                && v.exemplar() == null;
        bytes += m.labels().canonicalBytes().length;
      }
      chunks.add(plain ? numbers(bytes) : new Whole(Arrays.copyOf(open, n)));
      n = 0;
    }

    private Numbers numbers(int bytes) {
      byte[] labels = new byte[bytes];
      int[] ends = new int[n];
      double[] values = new double[n];
      int at = 0;
      for (int i = 0; i < n; i++) {
        byte[] b = open[i].labels().canonicalBytes();
        System.arraycopy(b, 0, labels, at, b.length);
        at += b.length;
        ends[i] = at;
        values[i] = ((Value) open[i].point()).value();
      }
      return new Numbers(labels, ends, values);
    }
  }

  private final List<Chunk> chunks;
  private final int size;

  private PackedMetrics(List<Chunk> chunks, int size) {
    this.chunks = chunks;
    this.size = size;
  }

  /** A builder without metrics. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public Metric get(int index) {
    Objects.checkIndex(index, size);
    return chunks.get(index / CHUNK).get(index % CHUNK);
  }

  @Override
  public int size() {
    return size;
  }
}
