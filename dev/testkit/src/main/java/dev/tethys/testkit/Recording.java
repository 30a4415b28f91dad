package dev.tethys.testkit;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * Recorded scrapes of one real exporter, replayed as many hosts. Each host starts at its own offset
 * and scales moving values by its own small integers, so that no host or pass is a copy of another.
 *
 * <pre>
 * gzip of: int series, int scrapes;
 *          series * { UTF text as exposed, boolean counter };
 *          scrapes * series * double
 * </pre>
 */
public final class Recording {
  private final int scrapes;
  private final String[] series;
  private final boolean[] counter;
  private final boolean[] plain; // constant, or only 0 and 1
  private final boolean[] decimal; // at most six decimals
  private final double[][] values; // by scrape

  private final boolean scaled;

  /**
   * Reads a recording.
   *
   * @param scaled whether series are scaled; without, hosts differ only in their start times
   */
  public Recording(Path file, boolean scaled) throws IOException {
    this.scaled = scaled;
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file)), 1 << 20))) {
      int n = in.readInt();
      scrapes = in.readInt();
      series = new String[n];
      counter = new boolean[n];
      for (int i = 0; i < n; i++) {
        series[i] = in.readUTF();
        counter[i] = in.readBoolean();
      }
      values = new double[scrapes][n];
      for (double[] row : values) {
        for (int i = 0; i < n; i++) {
          row[i] = in.readDouble();
        }
      }
    }
    plain = new boolean[series.length];
    decimal = new boolean[series.length];
    for (int i = 0; i < series.length; i++) {
      boolean same = true;
      boolean flag = true;
      boolean dec = true;
      for (double[] row : values) {
        double v = row[i];
        same &= Double.compare(v, values[0][i]) == 0;
        flag &= v == 0 || v == 1;
        dec &= v == Math.rint(v * 1e6) / 1e6;
      }
      plain[i] = same || flag;
      decimal[i] = dec;
    }
  }

  /** Returns the number of series per host. */
  public int series() {
    return series.length;
  }

  /** Returns the labels of a series on a host. */
  public Labels labels(int host, int i) {
    String text = series[i];
    LabelsBuilder b = new LabelsBuilder();
    int brace = text.indexOf('{');
    b.set("__name__", brace < 0 ? text : text.substring(0, brace));
    int at = brace + 1;
    while (brace >= 0 && at < text.length() && text.charAt(at) != '}') {
      int eq = text.indexOf('=', at);
      String name = text.substring(at, eq).trim();
      StringBuilder v = new StringBuilder();
      at = eq + 2;
      while (text.charAt(at) != '"') {
        if (text.charAt(at) == '\\') {
          at++;
          v.append(text.charAt(at) == 'n' ? '\n' : text.charAt(at));
        } else {
          v.append(text.charAt(at));
        }
        at++;
      }
      b.set(name, v.toString());
      at++;
      if (at < text.length() && text.charAt(at) == ',') {
        at++;
      }
    }
    return b.set("instance", String.format("host-%05d:9100", host)).set("job", "node").build();
  }

  /** Returns the value of a series on a host at a step. */
  public double value(int host, int step, int i) {
    int p = step + host * 7;
    int pass = p / scrapes;
    int at = p % scrapes;
    if (plain[i]) {
      return values[at][i];
    }
    double v;
    if (counter[i]) {
      double whole = values[scrapes - 1][i] - values[0][i];
      v = values[0][i] * scale(host, i, -1);
      for (int k = 0; k < pass; k++) {
        v += whole * scale(host, i, k);
      }
      v += (values[at][i] - values[0][i]) * scale(host, i, pass);
    } else {
      v = values[at][i] * scale(host, i, pass);
    }
    return decimal[i] && Math.abs(v) < 1e9 ? Math.rint(v * 1e6) / 1e6 : v;
  }

  private int scale(int host, int i, int pass) {
    if (!scaled) {
      return 1;
    }
    long h = host * 0x9E3779B97F4A7C15L ^ i * 0xC2B2AE3D27D4EB4FL ^ pass * 0x165667B19E3779F9L;
    h = (h ^ h >>> 31) * 0xBF58476D1CE4E5B9L;
    return 1 + (int) ((h ^ h >>> 29) >>> 33) % 9;
  }
}
