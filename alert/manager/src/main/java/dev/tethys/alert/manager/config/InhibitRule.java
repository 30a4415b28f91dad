package dev.tethys.alert.manager.config;

import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoQuote;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Inhibition rule: while an alert that matches the source matchers fires, alerts that match the
 * target matchers and have equal values of the given labels are not notified.
 */
public record InhibitRule(
    String name, LabelMatchers source, LabelMatchers target, Set<String> equal) {
  static final Section SECTION =
      new Section("inhibit_rule", "Alerts that keep notifications of others back.");
  private static final Key<String> NAME = SECTION.key("name", Type.STRING, "", "For the log.");
  private static final Key<Map<String, String>> SOURCE_MATCH =
      SECTION.key("source_match", Type.map(Type.STRING), Map.of(), "Older spelling.");
  private static final Key<Map<String, String>> SOURCE_MATCH_RE =
      SECTION.key("source_match_re", Type.map(Type.STRING), Map.of(), "Older spelling.");
  private static final Key<List<String>> SOURCE_MATCHERS =
      SECTION.key("source_matchers", Type.list(Type.STRING), List.of(), "Which alerts keep back.");
  private static final Key<Map<String, String>> TARGET_MATCH =
      SECTION.key("target_match", Type.map(Type.STRING), Map.of(), "Older spelling.");
  private static final Key<Map<String, String>> TARGET_MATCH_RE =
      SECTION.key("target_match_re", Type.map(Type.STRING), Map.of(), "Older spelling.");
  private static final Key<List<String>> TARGET_MATCHERS =
      SECTION.key(
          "target_matchers", Type.list(Type.STRING), List.of(), "Which alerts are kept back.");
  private static final Key<List<String>> EQUAL =
      SECTION.key(
          "equal",
          Type.list(Type.STRING),
          List.of(),
          "Labels whose values have to be the same; an absent one counts as empty.");

  static InhibitRule read(YamlNode node, MatcherSyntax syntax) {
    YamlObject o = node.object(SECTION);
    o.readAll();
    for (String l : o.get(EQUAL)) {
      if (!syntax.isLabelName(l)) {
        throw o.error(EQUAL, "invalid label name " + GoQuote.quote(l) + " in equal list");
      }
    }
    return new InhibitRule(
        o.get(NAME),
        LabelMatchers.sorted(
            new MatcherReader(o, syntax)
                .equal(SOURCE_MATCH)
                .regex(SOURCE_MATCH_RE)
                .matchers(SOURCE_MATCHERS)
                .all()),
        LabelMatchers.sorted(
            new MatcherReader(o, syntax)
                .equal(TARGET_MATCH)
                .regex(TARGET_MATCH_RE)
                .matchers(TARGET_MATCHERS)
                .all()),
        new TreeSet<>(o.get(EQUAL)));
  }
}
