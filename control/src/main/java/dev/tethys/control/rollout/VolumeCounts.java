package dev.tethys.control.rollout;

import dev.tethys.control.fleet.FleetVolumes;
import dev.tethys.control.fleet.VolumeReports;
import dev.tethys.control.text.Texts;
import dev.tethys.pipeline.opamp.AgentContract;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Counts of an agent at a report.
 *
 * @param taken items received or created
 * @param waiting items between receivers and exporters
 * @param held items held by exporters
 * @param counts items and bytes in, then out
 * @param partial attributes whose values are reported incompletely
 * @param run identifies the process and its configuration; counts of two runs are not compared
 * @param controls identifies the active live controls
 */
record VolumeCounts(
    long nanos,
    String run,
    String controls,
    long taken,
    long waiting,
    long held,
    Map<VolumeKey, long[]> counts,
    Set<String> partial) {

  /** Maximum number of values kept from a report. */
  private static final int MAX_VALUES = 2_000;

  private static final int COUNTS = 4;

  /** Reads a report; returns null if it has no counts. */
  static @Nullable VolumeCounts of(VolumeReports.Report report) {
    JsonNode n = FleetVolumes.read(report.json());
    if (n == null) {
      return null;
    }
    Map<VolumeKey, long[]> counts = new HashMap<>();
    Set<String> partial = new HashSet<>();
    for (Map.Entry<String, JsonNode> e : n.path("signals").properties()) {
      if (counts.size() < MAX_VALUES) {
        counts.put(VolumeKey.whole(Texts.shortened(e.getKey(), 16)), counts(e.getValue(), 0));
      }
    }
    boolean sum = counts.isEmpty(); // an agent of an earlier release
    for (Map.Entry<String, JsonNode> e : n.path("by").properties()) {
      String attribute = Texts.shortened(e.getKey(), 200);
      for (JsonNode row : e.getValue()) {
        String signal = Texts.shortened(row.path(1).asString(""), 16);
        if (signal.isEmpty() || counts.size() >= MAX_VALUES) {
          partial.add(attribute);
          continue;
        }
        long[] c = counts(row, 2);
        counts.put(
            new VolumeKey(attribute, Texts.shortened(row.path(0).asString(""), 200), signal), c);
        if (sum) {
          long[] whole = counts.computeIfAbsent(VolumeKey.whole(signal), k -> new long[COUNTS]);
          for (int i = 0; i < COUNTS; i++) {
            whole[i] += c[i];
          }
        }
      }
      sum = false;
    }
    JsonNode b = n.path("balance");
    boolean labelled = n.has(AgentContract.VOLUMES_RUN);
    return new VolumeCounts(
        report.nanos(),
        labelled ? n.path(AgentContract.VOLUMES_RUN).asString("") : report.state(),
        labelled ? n.path(AgentContract.VOLUMES_CONTROLS).asString("") : "",
        b.path("in").asLong(0) + b.path("created").asLong(0),
        b.path("waiting").asLong(0),
        b.path("held").asLong(0),
        counts,
        partial);
  }

  private static long[] counts(JsonNode row, int from) {
    long[] out = new long[COUNTS];
    for (int i = 0; i < COUNTS; i++) {
      out[i] = row.path(from + i).asLong(0);
    }
    return out;
  }

  /** Returns the counts of a value; 0 if it has none. */
  long[] of(VolumeKey k) {
    return counts.getOrDefault(k, new long[COUNTS]);
  }
}
