package dev.tethys.control.api;

import dev.tethys.control.text.Texts;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Findings of personal data at several agents, added up by exporter. What no agent has read proves
 * nothing, so that the records that were searched are part of each sum.
 */
final class FleetFindings {
  /** Maximum number of exporters, and of fields of a detector, listed separately. */
  private static final int MAX_NAMES = 1000;

  private long records;
  private long unreadable;
  private long findings;
  private final Map<String, Map<String, Long>> byDetector = new TreeMap<>();
  private final ArrayNode agents = JsonMapper.shared().createArrayNode();

  /** Note of a search that read no records. */
  static final String NO_RECORDS =
      "no record passed during the search, which proves nothing; search while there is"
          + " traffic, or for longer";

  private FleetFindings() {}

  /**
   * Adds up the responses of agents.
   *
   * @param answers tap responses: for each agent, {@code uid} and either {@code destinations} or
   *     {@code error}
   */
  static ObjectNode of(JsonNode answers) {
    Map<String, FleetFindings> by = new TreeMap<>();
    ObjectNode out = JsonMapper.shared().createObjectNode();
    ArrayNode all = out.putArray("destinations");
    ArrayNode errors = out.putArray("errors");
    for (JsonNode a : answers) {
      if (a.has("error")) {
        errors.add(a);
        continue;
      }
      if (!a.has("destinations")) {
        errors
            .addObject()
            .put("uid", a.path("uid").asString(""))
            .put("error", "this version of the agent does not search for personal data");
        continue;
      }
      for (JsonNode d : a.path("destinations")) {
        String node = Texts.shortened(d.path("node").asString(""), 200);
        if (by.containsKey(node) || by.size() < MAX_NAMES) {
          by.computeIfAbsent(node, k -> new FleetFindings()).add(a.path("uid").asString(""), d);
        }
      }
    }
    long findings = 0;
    long records = 0;
    for (Map.Entry<String, FleetFindings> e : by.entrySet()) {
      all.add(e.getValue().json(e.getKey()));
      findings += e.getValue().findings;
      records += e.getValue().records;
    }
    out.put("records", records).put("findings", findings);
    return records > 0 ? out : out.put("note", NO_RECORDS);
  }

  private void add(String uid, JsonNode d) {
    long found = d.path("findings").asLong(0);
    long read = d.path("records").asLong(0);
    findings += found;
    records += read;
    unreadable += d.path("unreadableBatches").asLong(0);
    for (Map.Entry<String, JsonNode> e : d.path("byDetector").properties()) {
      Map<String, Long> fields =
          byDetector.computeIfAbsent(Texts.shortened(e.getKey(), 32), k -> new TreeMap<>());
      for (Map.Entry<String, JsonNode> f : e.getValue().properties()) {
        String field = Texts.shortened(f.getKey(), 200);
        boolean known = fields.containsKey(field) || fields.size() < MAX_NAMES;
        fields.merge(known ? field : "other", f.getValue().asLong(0), Long::sum);
      }
    }
    agents.addObject().put("uid", uid).put("records", read).put("findings", found);
  }

  private ObjectNode json(String node) {
    ObjectNode n = JsonMapper.shared().createObjectNode().put("node", node);
    n.put("records", records).put("unreadableBatches", unreadable).put("findings", findings);
    ObjectNode detectors = n.putObject("byDetector");
    byDetector.forEach(
        (detector, fields) -> {
          ObjectNode f = detectors.putObject(detector);
          fields.forEach(f::put);
        });
    n.set("agents", agents);
    return n;
  }
}
