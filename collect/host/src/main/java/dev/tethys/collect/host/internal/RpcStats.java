package dev.tethys.collect.host.internal;

import java.util.HashMap;
import java.util.Map;

/**
 * Lines of a label and numbers in /proc/net/rpc. Kernels add lines and numbers at the end of lines;
 * absent ones count as 0.
 */
public final class RpcStats {
  private static final int MAX_NUMBERS = 256;

  private final Map<String, double[]> lines = new HashMap<>();

  private RpcStats() {}

  public static RpcStats parse(Text t) throws MalformedException {
    RpcStats s = new RpcStats();
    double[] v = new double[MAX_NUMBERS];
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      String label = t.field();
      int n = 0;
      while (n < MAX_NUMBERS && t.nextField()) {
        v[n++] = t.number(); // "th" ends with fractions
      }
      s.lines.put(label, java.util.Arrays.copyOf(v, n));
    }
    if (!s.lines.containsKey("net") && !s.lines.containsKey("rpc")) {
      throw t.malformed("holds no RPC statistics");
    }
    return s;
  }

  public double get(String label, int at) {
    double[] v = lines.get(label);
    return v == null || at >= v.length ? 0 : v[at];
  }

  /** The lines by their labels. */
  public Map<String, double[]> lines() {
    return lines;
  }
}
