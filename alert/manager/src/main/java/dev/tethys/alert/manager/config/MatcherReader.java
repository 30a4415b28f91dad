package dev.tethys.alert.manager.config;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.config.Key;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoQuote;
import dev.tethys.model.LabelNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Collects the matchers of a map, in their three notations. */
final class MatcherReader {
  private final YamlObject o;
  private final MatcherSyntax syntax;
  private final List<LabelMatcher> out = new ArrayList<>();

  MatcherReader(YamlObject o, MatcherSyntax syntax) {
    this.o = o;
    this.syntax = syntax;
  }

  MatcherReader equal(Key<Map<String, String>> key) {
    return old(key, LabelMatcher.Type.EQUAL);
  }

  MatcherReader regex(Key<Map<String, String>> key) {
    return old(key, LabelMatcher.Type.REGEX);
  }

  private MatcherReader old(Key<Map<String, String>> key, LabelMatcher.Type type) {
    o.get(key)
        .forEach(
            (name, value) -> {
              if (!LabelNames.isLegacyLabelName(name)) {
                throw o.error(key, "invalid label name " + GoQuote.quote(name));
              }
              if (type == LabelMatcher.Type.REGEX && value.isEmpty()) {
                throw o.error(key, "invalid regexp value for " + GoQuote.quote(name));
              }
              try {
                LabelMatcher m = LabelMatcher.of(type, name, value);
                // Alertmanager displays the parsed expression, and uses it in group keys.
                out.add(
                    type == LabelMatcher.Type.REGEX
                        ? LabelMatcher.of(type, name, "^(?:" + value + ")$")
                        : m);
              } catch (IllegalArgumentException e) {
                throw o.error(key, String.valueOf(e.getMessage()));
              }
            });
    return this;
  }

  MatcherReader matchers(Key<List<String>> key) {
    for (String text : o.get(key)) {
      try {
        out.addAll(syntax.parseAll(text, "config"));
      } catch (IllegalArgumentException e) {
        throw o.error(key, String.valueOf(e.getMessage()));
      }
    }
    return this;
  }

  List<LabelMatcher> all() {
    return out;
  }
}
