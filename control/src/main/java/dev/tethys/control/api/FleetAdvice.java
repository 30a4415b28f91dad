package dev.tethys.control.api;

import dev.tethys.control.access.Selector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Recommendations of several agents: equal ones are merged, those with the largest saving first.
 * Evidence and examples come from the agent that would save the most.
 */
final class FleetAdvice {
  private static final String SAVED = "savedBytesPerSecond";

  /** Aggregates equal recommendations. */
  private static final class Sum {
    private final JsonNode first;
    private JsonNode largest;
    private long agents;
    private long sampled;
    private long matched;
    private long saved;

    Sum(JsonNode first) {
      this.first = first;
      this.largest = first;
    }

    void add(JsonNode r) {
      agents++;
      sampled += r.path("sampled").asLong(0);
      matched += r.path("matched").asLong(0);
      saved += r.path(SAVED).asLong(0);
      if (r.path(SAVED).asLong(0) > largest.path(SAVED).asLong(0)) {
        largest = r;
      }
    }

    /**
     * Renders the sum as JSON.
     *
     * @param selector selector of the control that would apply the advice
     */
    ObjectNode json(String selector) {
      ObjectNode n = JsonMapper.shared().createObjectNode();
      for (String key : List.of("kind", "signal", "evidence", "examples", "configuration")) {
        if (largest.has(key)) {
          n.set(key, largest.get(key));
        }
      }
      n.put("agents", agents).put("sampled", sampled).put("matched", matched);
      n.put("share", sampled == 0 ? 0 : (double) matched / sampled).put(SAVED, saved);
      if (first.path("control") instanceof ObjectNode c) {
        n.set("control", c.deepCopy().put("selector", selector));
      }
      return n;
    }
  }

  private FleetAdvice() {}

  /**
   * Adds up the responses of agents.
   *
   * @param answers tap responses: for each agent, {@code uid} and either {@code recommendations} or
   *     {@code error}
   */
  static ObjectNode of(JsonNode answers, Selector selector) {
    Map<String, Sum> sums = new LinkedHashMap<>();
    ObjectNode out = JsonMapper.shared().createObjectNode();
    ArrayNode all = out.putArray("recommendations");
    ArrayNode errors = out.putArray("errors");
    for (JsonNode a : answers) {
      if (a.has("error")) {
        errors.add(a);
        continue;
      }
      for (JsonNode r : a.path("recommendations")) {
        String key = r.path("kind") + " " + r.path("signal") + " " + rule(r);
        sums.computeIfAbsent(key, k -> new Sum(r)).add(r);
      }
    }
    List<Sum> sorted = new ArrayList<>(sums.values());
    sorted.sort(Comparator.comparingLong((Sum s) -> s.saved).reversed());
    sorted.forEach(s -> all.add(s.json(selector.toString())));
    return out;
  }

  /** Returns the text of the suggested rule: a control, or a processor. */
  private static String rule(JsonNode r) {
    return r.has("control") ? r.path("control").toString() : r.path("configuration").toString();
  }
}
