package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.List;

/**
 * Rollover and deletion policy of data stream indices: index lifecycle management in Elasticsearch
 * (reference, "Create or update lifecycle policy"), index state management in OpenSearch
 * (documentation, "ISM API", "Policies").
 *
 * @param rolloverAfter maximum age of the newest index; "" for any
 * @param rolloverSize maximum size of its primary shard; "" for any
 * @param deleteAfter maximum age of an index, in Elasticsearch since its rollover, in OpenSearch
 *     since its creation; "" for unlimited
 */
record IndexPolicy(String rolloverAfter, String rolloverSize, String deleteAfter) {
  private static final String TIME = "[1-9]\\d{0,5}[dhms]";
  private static final String SIZE = "[1-9]\\d{0,5}[mgt]b";

  private static final Section SECTION = new Section("policy", "Rollover and deletion of indices.");
  private static final Key<String> ROLLOVER_AFTER =
      SECTION.key(
          "rollover_after",
          Type.STRING,
          "",
          "Age at which the newest index rolls over, such as 1d.");
  private static final Key<String> ROLLOVER_SIZE =
      SECTION.key(
          "rollover_size",
          Type.STRING,
          "",
          "Size of a primary shard at which the index rolls over, such as 50gb.");
  private static final Key<String> DELETE_AFTER =
      SECTION.key(
          "delete_after", Type.STRING, "", "Age at which an index is deleted, such as 30d.");

  static final Type<IndexPolicy> TYPE = SECTION.type(IndexPolicy::read);

  private static IndexPolicy read(YamlObject o) {
    IndexPolicy p =
        new IndexPolicy(
            fitting(o, ROLLOVER_AFTER, TIME, "a number with d, h, m or s, such as 1d"),
            fitting(o, ROLLOVER_SIZE, SIZE, "a number with mb, gb or tb, such as 50gb"),
            fitting(o, DELETE_AFTER, TIME, "a number with d, h, m or s, such as 30d"));
    if (!p.rollsOver() && p.deleteAfter.isEmpty()) {
      throw o.error("a policy requires one of rollover_after, rollover_size and delete_after");
    }
    return p;
  }

  private static String fitting(YamlObject o, Key<String> key, String regex, String wants) {
    String v = o.get(key);
    if (!v.isEmpty() && !v.matches(regex)) {
      throw o.error(key, key.name() + " must be " + wants);
    }
    return v;
  }

  /** Whether indices roll over, which only data streams support. */
  boolean rollsOver() {
    return !rolloverAfter.isEmpty() || !rolloverSize.isEmpty();
  }

  private String rollover(String age, String size) {
    List<String> parts = new ArrayList<>();
    if (!rolloverAfter.isEmpty()) {
      parts.add("\"" + age + "\":\"" + rolloverAfter + "\"");
    }
    if (!rolloverSize.isEmpty()) {
      parts.add("\"" + size + "\":\"" + rolloverSize + "\"");
    }
    return "\"rollover\":{" + String.join(",", parts) + "}";
  }

  /** Returns the policy in Elasticsearch's format. */
  String ofElasticsearch() {
    return "{\"policy\":{\"phases\":{\"hot\":{\"actions\":{"
        + (rollsOver() ? rollover("max_age", "max_primary_shard_size") : "")
        + "}}"
        + (deleteAfter.isEmpty()
            ? ""
            : ",\"delete\":{\"min_age\":\"" + deleteAfter + "\",\"actions\":{\"delete\":{}}}")
        + "}}}";
  }

  /**
   * Returns the policy in OpenSearch's format.
   *
   * @param pattern pattern matching the indices to which the policy applies
   */
  String ofOpenSearch(String pattern, int priority) {
    String delete =
        deleteAfter.isEmpty()
            ? "[]}"
            : "[{\"state_name\":\"delete\",\"conditions\":{\"min_index_age\":\""
                + deleteAfter
                + "\"}}]},{\"name\":\"delete\",\"actions\":[{\"delete\":{}}],\"transitions\":[]}";
    return "{\"policy\":{\"description\":\"made by tethys\",\"default_state\":\"hot\","
        + "\"states\":[{\"name\":\"hot\",\"actions\":["
        + (rollsOver() ? "{" + rollover("min_index_age", "min_primary_shard_size") + "}" : "")
        + "],\"transitions\":"
        + delete
        + "],\"ism_template\":[{\"index_patterns\":[\""
        + pattern
        + "\"],\"priority\":"
        + priority
        + "}]}}";
  }
}
