package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Policy in a configuration.
 *
 * @param type value of {@code type}, and the key of its rule
 */
record PolicySettings(String name, String type, SamplingPolicy rule) {
  static final String DROP = "drop";
  private static final String ALWAYS = "always_sample";
  private static final String FLAGS = "trace_flags";

  /** A policy within another. */
  static final Type<PolicySettings> INNER = Type.of("policy", null, n -> Keys.INNER.read(n));

  /** A policy of the processor. */
  static final Type<PolicySettings> OUTER = Type.of("policy", null, n -> Keys.OUTER.read(n));

  /** Policies of the processor in their order. */
  static final Type<List<PolicySettings>> LIST = Type.list(OUTER);

  /**
   * Created when the first policy is read, because composite rules and policies depend on each
   * other.
   */
  private static final class Keys {
    static final Keys INNER = new Keys(false);
    static final Keys OUTER = new Keys(true);

    private final Section section = new Section("policy", "Policy that selects traces to sample.");
    private final Key<String> name =
        section.required("name", Type.STRING, "Name of the policy in metrics.");
    private final Key<String> type = section.required("type", Type.STRING, "Type of the policy.");
    private final Map<String, Key<SamplingPolicy>> rules = new LinkedHashMap<>();

    Keys(boolean outer) {
      add("latency", SpanRules.LATENCY, "By duration.");
      add("numeric_attribute", AttributeRules.NUMERIC, "By a number.");
      add("probabilistic", RateRules.PROBABILISTIC, "A share.");
      add("status_code", SpanRules.STATUS_CODE, "By status.");
      add("string_attribute", AttributeRules.STRING, "By a text.");
      add("rate_limiting", RateRules.RATE_LIMITING, "Limits spans per second.");
      add("bytes_limiting", RateRules.BYTES_LIMITING, "Limits bytes per second.");
      add("span_count", SpanRules.SPAN_COUNT, "By the number of spans.");
      add("rare", RareRules.TYPE, "By operations that are seldom seen.");
      add("trace_state", SpanRules.TRACE_STATE, "By an entry of the trace state.");
      add("boolean_attribute", AttributeRules.BOOLEAN, "By a boolean.");
      add("ottl_condition", OttlRule.TYPE, "By conditions of OTTL.");
      add("and", CombinedRules.AND, "Combines policies that must all match.");
      add("not", CombinedRules.NOT, "By the opposite of a policy.");
      if (outer) {
        add(DROP, CombinedRules.DROP, "A veto.");
        add("composite", CombinedRules.COMPOSITE, "Evaluates policies in order, each with a rate.");
      }
    }

    private void add(String key, Type<SamplingPolicy> of, String doc) {
      rules.put(key, section.optional(key, of, doc));
    }

    PolicySettings read(YamlNode node) {
      YamlObject o = node.object(section);
      String n = o.get(name);
      String t = o.get(type);
      if (n.isEmpty()) {
        throw o.error(name, "must not be empty");
      }
      List<String> types = new ArrayList<>(List.of(ALWAYS, FLAGS));
      types.addAll(rules.keySet());
      if (!types.contains(t)) {
        throw o.error(
            type,
            "unknown policy type \"" + t + "\"; it must be one of " + String.join(", ", types));
      }
      @Nullable SamplingPolicy rule = null;
      for (Map.Entry<String, Key<SamplingPolicy>> e : rules.entrySet()) {
        if (e.getKey().equals(t)) {
          rule = o.find(e.getValue());
        } else if (o.has(e.getValue())) {
          throw o.error(e.getValue(), "is not allowed in a policy of type " + t);
        }
      }
      if (t.equals(ALWAYS)) {
        rule = new SpanRules.Always();
      } else if (t.equals(FLAGS)) {
        rule = new SpanRules.Flags();
      }
      if (rule == null) {
        throw o.error("policy \"" + n + "\" of type " + t + " has no settings; set " + t);
      }
      return new PolicySettings(n, t, rule);
    }
  }
}
