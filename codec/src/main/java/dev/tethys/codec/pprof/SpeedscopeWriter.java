package dev.tethys.codec.pprof;

import dev.tethys.codec.CodecException;
import dev.tethys.model.GoJson;
import dev.tethys.model.profiles.StackTree;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes merged stacks as a file of speedscope with one sampled profile. Source: speedscope's
 * {@code file-format-schema.json}.
 */
public final class SpeedscopeWriter {
  private SpeedscopeWriter() {}

  /**
   * The file as JSON.
   *
   * @param name profile name
   * @param unit pprof unit of the values
   * @throws CodecException if a value is negative
   */
  public static String write(StackTree.Sorted tree, String name, String unit) {
    Map<String, Integer> frames = new HashMap<>();
    StringBuilder shared = new StringBuilder();
    StringBuilder samples = new StringBuilder();
    StringBuilder weights = new StringBuilder();
    int[] stack = new int[64];
    long total = 0;
    for (int i = 1; i < tree.size(); i++) {
      long value = tree.self()[0][i];
      if (value < 0) {
        throw new CodecException(
            "value of " + tree.names()[i] + " is " + value + "; speedscope has no negative values");
      }
      if (value == 0) {
        continue;
      }
      int depth = 0;
      for (int at = i; at != 0; at = tree.parents()[at]) {
        if (depth == stack.length) {
          stack = Arrays.copyOf(stack, depth * 2);
        }
        Integer known = frames.putIfAbsent(tree.names()[at], frames.size());
        if (known == null) {
          shared.append(shared.isEmpty() ? "{\"name\":" : ",{\"name\":");
          GoJson.append(shared, tree.names()[at]).append('}');
        }
        stack[depth++] = known == null ? frames.size() - 1 : known;
      }
      samples.append(samples.isEmpty() ? "[" : ",[");
      for (int d = depth - 1; d >= 0; d--) {
        samples.append(stack[d]).append(d == 0 ? "" : ",");
      }
      samples.append(']');
      weights.append(weights.isEmpty() ? "" : ",").append(value);
      total += value;
    }
    StringBuilder out =
        new StringBuilder("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",");
    out.append("\"exporter\":\"tethys\",\"shared\":{\"frames\":[").append(shared);
    out.append("]},\"profiles\":[{\"type\":\"sampled\",\"name\":");
    GoJson.append(out, name).append(",\"unit\":\"").append(unit(unit));
    out.append("\",\"startValue\":0,\"endValue\":").append(total);
    out.append(",\"samples\":[").append(samples);
    return out.append("],\"weights\":[").append(weights).append("]}]}\n").toString();
  }

  private static String unit(String unit) {
    return switch (unit) {
      case "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes" -> unit;
      default -> "none";
    };
  }
}
