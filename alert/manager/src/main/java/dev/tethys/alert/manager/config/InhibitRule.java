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
      new Section("inhibit_rule", "Rule that mutes target alerts while source alerts fire.");
  private static final Key<String> NAME = SECTION.key("name", Type.STRING, "", "Name in the log.");
  private static final Key<Map<String, String>> SOURCE_MATCH =
      SECTION.key(
          "source_match", Type.map(Type.STRING), Map.of(), "Deprecated form of source_matchers.");
  private static final Key<Map<String, String>> SOURCE_MATCH_RE =
      SECTION.key(
          "source_match_re",
          Type.map(Type.STRING),
          Map.of(),
          "Deprecated form of source_matchers.");
  private static final Key<List<String>> SOURCE_MATCHERS =
      SECTION.key(
          "source_matchers", Type.list(Type.STRING), List.of(), "Matchers of the source alerts.");
  private static final Key<Map<String, String>> TARGET_MATCH =
      SECTION.key(
          "target_match", Type.map(Type.STRING), Map.of(), "Deprecated form of target_matchers.");
  private static final Key<Map<String, String>> TARGET_MATCH_RE =
      SECTION.key(
          "target_match_re",
          Type.map(Type.STRING),
          Map.of(),
          "Deprecated form of target_matchers.");
  private static final Key<List<String>> TARGET_MATCHERS =
      SECTION.key(
          "target_matchers",
          Type.list(Type.STRING),
          List.of(),
          "Matchers of the target alerts, which are inhibited.");
  private static final Key<List<String>> EQUAL =
      SECTION.key(
          "equal",
          Type.list(Type.STRING),
          List.of(),
          "Labels that must have equal values in source and target; an absent one counts as"
              + " empty.");

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
