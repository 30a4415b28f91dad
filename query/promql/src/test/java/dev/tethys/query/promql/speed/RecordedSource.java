package dev.tethys.query.promql.speed;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.query.promql.parser.PromqlParser;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * A recording replayed as many hosts, scaled by host, decoded on each read as a store would: a few
 * operations a sample, timestamps shared by the series of a host.
 */
final class RecordedSource implements MetricSource {
  private final long start;
  private final int steps;
  private final long interval;
  private final double[][] values;
  private final List<Labels> labels = new ArrayList<>();
  private final int[] base;
  private final int[] host;
  private final Map<List<Matcher>, int[]> matched = new HashMap<>();

  RecordedSource(Path recording, int hosts, int steps, long start, long interval)
      throws IOException {
    this.start = start;
    this.steps = steps;
    this.interval = interval;
    String[] series;
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(
                new GZIPInputStream(Files.newInputStream(recording)), 1 << 20))) {
      int n = in.readInt();
      int t = in.readInt();
      series = new String[n];
      for (int i = 0; i < n; i++) {
        series[i] = in.readUTF();
        in.readBoolean();
      }
      values = new double[n][t];
      for (int s = 0; s < t; s++) {
        for (int i = 0; i < n; i++) {
          values[i][s] = in.readDouble();
        }
      }
    }
    record Entry(Labels labels, int base, int host) {}
    List<Entry> all = new ArrayList<>();
    for (int i = 0; i < series.length; i++) {
      Labels l = PromqlParser.parseMetric(series[i]);
      for (int h = 0; h < hosts; h++) {
        all.add(
            new Entry(
                l.toBuilder()
                    .set("instance", String.format("host-%05d:9100", h))
                    .set("job", "node")
                    .build(),
                i,
                h));
      }
    }
    all.sort((a, b) -> a.labels.compareTo(b.labels));
    base = new int[all.size()];
    host = new int[all.size()];
    for (int i = 0; i < all.size(); i++) {
      labels.add(all.get(i).labels);
      base[i] = all.get(i).base;
      host[i] = all.get(i).host;
    }
  }

  int size() {
    return labels.size();
  }

  private synchronized int[] match(List<Matcher> matchers) {
    return matched.computeIfAbsent(
        matchers,
        ms -> {
          int[] out = new int[labels.size()];
          int n = 0;
          for (int i = 0; i < out.length; i++) {
            Labels l = labels.get(i);
            boolean ok = true;
            for (Matcher m : ms) {
              ok = ok && m.matches(l);
            }
            if (ok) {
              out[n++] = i;
            }
          }
          return java.util.Arrays.copyOf(out, n);
        });
  }

  @Override
  public Selection select(SelectHints hints, List<Matcher> matchers) {
    int[] found = match(matchers);
    int from = (int) Math.clamp((hints.minTime() - start + interval - 1) / interval, 0, steps);
    int to = (int) Math.clamp((hints.maxTime() - start) / interval + 1, from, steps);
    return new Selection() {
      @Override
      public int size() {
        return found.length;
      }

      @Override
      public Labels labels(int i) {
        return labels.get(found[i]);
      }

      @Override
      public void read(int i, SampleBuffer b) {
        b.clear();
        int n = to - from;
        b.ensure(n);
        int s = found[i];
        decode(values[base[s]], from, n, 1 + host[s] % 9, b.values);
        long t = start + from * interval + host[s];
        for (int k = 0; k < n; k++) {
          b.timestamps[k] = t + k * interval;
        }
        b.size = n;
        b.timestampsId = 1 + host[s];
      }

      @Override
      public void readTimes(int i, SampleBuffer b) {
        b.clear();
        int n = to - from;
        b.ensure(n);
        long t = start + from * interval + host[found[i]];
        for (int k = 0; k < n; k++) {
          b.timestamps[k] = t + k * interval;
        }
        b.size = n;
        b.timestampsId = 1 + host[found[i]];
      }

      @Override
      public long timesIdIfNeverStale(int i) {
        return 1 + host[found[i]];
      }

      @Override
      public void close() {}
    };
  }

  private static void decode(double[] v, int from, int n, double scale, double[] out) {
    int length = v.length;
    double whole = v[length - 1] - v[0];
    for (int k = 0; k < n; ) {
      int at = (from + k) % length;
      int pass = (from + k) / length;
      int run = Math.min(length - at, n - k);
      double add = whole > 0 ? whole * pass : 0;
      for (int j = 0; j < run; j++) {
        out[k + j] = (v[at + j] + add) * scale;
      }
      k += run;
    }
  }

  @Override
  public LabelResult labelNames(long a, long b, List<Matcher> m, int limit) {
    return new LabelResult(List.of(), List.of());
  }

  @Override
  public LabelResult labelValues(String name, long a, long b, List<Matcher> m, int limit) {
    return new LabelResult(List.of(), List.of());
  }

  @Override
  public List<Labels> series(long a, long b, List<List<Matcher>> m, int limit) {
    return List.of();
  }

  @Override
  public List<SeriesExemplars> exemplars(long a, long b, List<List<Matcher>> m) {
    return List.of();
  }
}
