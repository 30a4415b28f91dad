package dev.tethys.tools;

import dev.tethys.model.Histogram;
import dev.tethys.model.storage.SampleBuffer;
import java.io.PrintStream;
import java.util.Arrays;

/**
 * Fill statistics of a block's chunks in the format of promtool's {@code tsdb analyze --extended}.
 * They are histograms of samples, bytes and buckets per chunk, with bars of one mark per percent of
 * all chunks.
 */
final class ChunkStatistics {
  private static final int LARGEST_STEP = 10_000;

  /** Statistics of the same kind, with one value per chunk. */
  private static final class Totals {
    private int[] values = new int[1024];
    private int size;

    void add(int v) {
      if (size == values.length) {
        values = Arrays.copyOf(values, size * 2);
      }
      values[size++] = v;
    }

    void print(PrintStream out, String what, int chunks) {
      if (size == 0) {
        out.println(what + ": N/A");
        out.println();
        return;
      }
      Arrays.sort(values, 0, size);
      int least = values[0];
      int most = values[size - 1];
      int step = 10;
      while (step < (most - least) / 10 && step <= LARGEST_STEP) {
        step *= 10;
      }
      int start = least - least % step;
      int end = most - most % step + step;
      int[] buckets = new int[(end - start) / step + 1];
      long sum = 0;
      int highest = 0;
      for (int i = 0; i < size; i++) {
        sum += values[i];
        highest = Math.max(highest, ++buckets[(values[i] - start) / step]);
      }
      out.println(what + " (min/avg/max): " + least + "/" + sum / size + "/" + most);
      int left = digits(end);
      int right = digits(end + step);
      int counts = digits(highest);
      for (int b = 0; b < buckets.length; b++) {
        out.print("[" + padded(b * step + start + 1, left) + ", ");
        out.print(padded((b + 1) * step + start, right) + "]: " + padded(buckets[b], counts) + " ");
        out.println("#".repeat((int) (100L * buckets[b] / chunks)));
      }
      out.println();
    }

    private static int digits(int n) {
      return String.valueOf(n).length();
    }

    private static String padded(int n, int width) {
      String s = String.valueOf(n);
      return " ".repeat(Math.max(0, width - s.length())) + s;
    }
  }

  private final Totals floatSamples = new Totals();
  private final Totals floatBytes = new Totals();
  private final Totals histogramSamples = new Totals();
  private final Totals histogramBytes = new Totals();
  private final Totals histogramBuckets = new Totals();
  private int chunks;

  /** Counts a chunk. */
  void add(SampleBuffer b, int bytes) {
    chunks++;
    if (b.histograms == null) {
      floatSamples.add(b.size);
      floatBytes.add(bytes);
      return;
    }
    int buckets = 0;
    for (int i = 0; i < b.size; i++) {
      Histogram h = b.histograms[i];
      buckets += h == null ? 0 : h.positive().length + h.negative().length;
    }
    histogramSamples.add(b.size);
    histogramBytes.add(bytes);
    histogramBuckets.add(buckets);
  }

  void print(PrintStream out) {
    out.println();
    out.println("Compaction analysis:");
    out.println();
    floatSamples.print(out, "samples per float chunk", chunks);
    floatBytes.print(out, "bytes per float chunk", chunks);
    histogramSamples.print(out, "samples per histogram chunk", chunks);
    histogramBytes.print(out, "bytes per histogram chunk", chunks);
    histogramBuckets.print(out, "buckets per histogram chunk", chunks);
  }
}
