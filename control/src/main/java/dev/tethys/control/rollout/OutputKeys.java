package dev.tethys.control.rollout;

import dev.tethys.control.text.Texts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Comparison of the attribute keys that exporters get from agents with a version and from agents
 * without it: the share of records that have a key, in a sample.
 */
public final class OutputKeys {
  /** Minimum number of records of each side for which an exporter is compared. */
  static final long MIN_RECORDS = 20;

  /** Smallest difference of shares that is shown. */
  private static final double SHOWN = 0.05;

  /** Number of records without a counterpart's key from which that is shown as well. */
  private static final double MISSING = 5;

  private static final int MAX_ROWS = 200;
  private static final int MAX_NAMES = 1000;

  /** Number of records of an exporter, and of records with a key. */
  private static final class Side {
    private long records;
    private final Map<String, Long> keys = new TreeMap<>();

    private double share(String key) {
      return records == 0 ? 0 : (double) keys.getOrDefault(key, 0L) / records;
    }
  }

  private record Row(String exporter, String key, double before, double after) {
    double change() {
      return Math.abs(after - before);
    }
  }

  private final Map<String, Side> with = new TreeMap<>();
  private final Map<String, Side> without = new TreeMap<>();
  private final ArrayNode errors = JsonMapper.shared().createArrayNode();
  private boolean complete = true;

  /**
   * Compares the responses of agents.
   *
   * @param answers tap responses: for each agent, {@code uid} and either {@code exporters} or
   *     {@code error}
   * @param having agents that run the version; the others do not
   */
  public static ObjectNode compare(JsonNode answers, Set<UUID> having) {
    OutputKeys k = new OutputKeys();
    int agentsWith = 0;
    int agentsWithout = 0;
    for (JsonNode a : answers) {
      String uid = a.path("uid").asString("");
      if (a.has("error") || !a.has("exporters")) {
        k.errors
            .addObject()
            .put("uid", uid)
            .put(
                "error",
                a.path("error")
                    .asString("this version of the agent does not count attribute keys"));
        continue;
      }
      boolean has = having.contains(UUID.fromString(uid));
      agentsWith += has ? 1 : 0;
      agentsWithout += has ? 0 : 1;
      for (JsonNode e : a.path("exporters")) {
        k.add(has ? k.with : k.without, e);
      }
    }
    return k.json().put("agents", agentsWith).put("agentsWithout", agentsWithout);
  }

  private void add(Map<String, Side> to, JsonNode exporter) {
    String node = Texts.shortened(exporter.path("node").asString(""), 200);
    if (!to.containsKey(node) && to.size() >= MAX_NAMES) {
      complete = false;
      return;
    }
    Side s = to.computeIfAbsent(node, n -> new Side());
    s.records += exporter.path("records").asLong(0);
    complete &= exporter.path("complete").asBoolean(false);
    for (Map.Entry<String, JsonNode> e : exporter.path("keys").properties()) {
      String key = Texts.shortened(e.getKey(), 200);
      if (s.keys.containsKey(key) || s.keys.size() < MAX_NAMES) {
        s.keys.merge(key, e.getValue().asLong(0), Long::sum);
      } else {
        complete = false;
      }
    }
  }

  private ObjectNode json() {
    ObjectNode out = JsonMapper.shared().createObjectNode();
    ArrayNode exporters = out.putArray("exporters");
    List<Row> rows = new ArrayList<>();
    Set<String> nodes = new TreeSet<>(with.keySet());
    nodes.addAll(without.keySet());
    for (String node : nodes) {
      Side a = without.getOrDefault(node, new Side());
      Side b = with.getOrDefault(node, new Side());
      boolean compared = a.records >= MIN_RECORDS && b.records >= MIN_RECORDS;
      ObjectNode n = exporters.addObject().put("node", node).put("compared", compared);
      n.put("records", b.records).put("recordsWithout", a.records);
      if (compared) {
        Set<String> keys = new TreeSet<>(a.keys.keySet());
        keys.addAll(b.keys.keySet());
        for (String key : keys) {
          Row r = new Row(node, key, a.share(key), b.share(key));
          boolean one = a.keys.containsKey(key) != b.keys.containsKey(key);
          boolean missing = one && r.change() * Math.min(a.records, b.records) >= MISSING;
          if (missing || r.change() >= SHOWN) {
            rows.add(r);
          }
        }
      }
    }
    rows.sort(
        Comparator.comparingDouble((Row r) -> -r.change())
            .thenComparing(Row::exporter)
            .thenComparing(Row::key));
    complete &= rows.size() <= MAX_ROWS;
    ArrayNode list = out.putArray("rows");
    for (Row r : rows.subList(0, Math.min(MAX_ROWS, rows.size()))) {
      list.addObject()
          .put("exporter", r.exporter)
          .put("key", r.key)
          .put("shareBefore", r.before)
          .put("share", r.after);
    }
    out.put("complete", complete).set("errors", errors);
    return out;
  }
}
