package dev.tethys.config;

import dev.tethys.model.NameScheme;
import dev.tethys.model.relabel.RelabelRule;
import dev.tethys.model.relabel.RelabelRule.Action;
import dev.tethys.model.relabel.RelabelRule.Spec;
import dev.tethys.model.relabel.Relabeling;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads and writes relabelling rules. */
public final class RelabelConfig {
  private static final Section SECTION = new Section("relabel_config", "Relabeling rule.");
  private static final Key<List<String>> SOURCE_LABELS =
      SECTION.key(
          "source_labels", Type.list(Type.STRING), List.of(), "Labels whose values are joined.");
  private static final Key<String> SEPARATOR =
      SECTION.key(
          "separator", Type.STRING, Spec.DEFAULT.separator(), "Separator of the joined values.");
  private static final Key<String> REGEX =
      SECTION.key(
          "regex", Type.STRING, Spec.DEFAULT.regex(), "RE2 expression, anchored at both ends.");
  private static final Key<Long> MODULUS =
      SECTION.key("modulus", Type.UINT, 0L, "Modulus of the hash, for hashmod.");
  private static final Key<String> TARGET_LABEL =
      SECTION.key("target_label", Type.STRING, "", "Label to write; may contain $1.");
  private static final Key<String> REPLACEMENT =
      SECTION.key(
          "replacement",
          Type.STRING,
          Spec.DEFAULT.replacement(),
          "Replacement value; may contain $1.");
  private static final Key<Action> ACTION =
      SECTION.key(
          "action",
          Type.of(actions(), null, RelabelConfig::action),
          Action.REPLACE,
          "Action of the rule.");

  /** A list of rules as written in a file; to be read once the name scheme is known. */
  public static final Type<YamlNode> LIST =
      new Type<>("list of relabel_config", null, n -> n, SECTION);

  private RelabelConfig() {}

  private static String actions() {
    List<String> names = new ArrayList<>();
    for (Action a : Action.values()) {
      names.add(a.text());
    }
    return String.join(" | ", names);
  }

  private static Action action(YamlNode n) {
    String s = n.asString().toLowerCase(Locale.ROOT);
    for (Action a : Action.values()) {
      if (a.text().equals(s)) {
        return a;
      }
    }
    throw n.error(
        "unknown relabel action \""
            + n.asString()
            + "\"; allowed: "
            + actions().replace(" | ", ", "));
  }

  /** Reads a list of rules; nothing there is no rule. */
  public static Relabeling read(@Nullable YamlNode list, NameScheme scheme) {
    if (list == null) {
      return Relabeling.NONE;
    }
    List<RelabelRule> rules = new ArrayList<>();
    for (YamlNode n : list.items()) {
      n.attempt(() -> rules.add(rule(n, list, scheme)));
    }
    return new Relabeling(rules);
  }

  private static RelabelRule rule(YamlNode n, YamlNode list, NameScheme scheme) {
    if (n.isNull()) {
      throw n.error("empty or null relabeling rule in " + list.path());
    }
    YamlObject o = n.object(SECTION);
    YamlNode action = o.at(ACTION);
    if (action != null && action.asString().isEmpty()) {
      throw o.error(
          ACTION, "relabel action cannot be empty; allowed: " + actions().replace(" | ", ", "));
    }
    Spec spec =
        new Spec(
            o.get(SOURCE_LABELS),
            o.get(SEPARATOR),
            o.get(REGEX),
            o.get(MODULUS),
            o.get(TARGET_LABEL),
            o.get(REPLACEMENT),
            o.get(ACTION));
    try {
      return new RelabelRule(spec, scheme);
    } catch (IllegalArgumentException e) {
      YamlNode regex = o.at(REGEX);
      YamlNode at = e.getCause() != null && regex != null ? regex : n;
      throw at.error(String.valueOf(e.getMessage()));
    }
  }

  /** Returns the rules as a tree to be written, or null if there are none. */
  public static @Nullable List<Map<String, @Nullable Object>> tree(Relabeling rules) {
    if (rules.isEmpty()) {
      return null;
    }
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (RelabelRule r : rules.rules()) {
      Spec s = r.spec();
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      if (!s.sourceLabels().isEmpty()) {
        m.put("source_labels", new YamlWriter.Flow(s.sourceLabels()));
      }
      m.put("separator", s.separator());
      m.put("regex", s.regex());
      if (s.modulus() != 0) {
        m.put("modulus", new java.math.BigInteger(Long.toUnsignedString(s.modulus())));
      }
      m.put("target_label", s.targetLabel().isEmpty() ? null : s.targetLabel());
      m.put("replacement", s.replacement());
      m.put("action", s.action().text());
      out.add(m);
    }
    return out;
  }
}
