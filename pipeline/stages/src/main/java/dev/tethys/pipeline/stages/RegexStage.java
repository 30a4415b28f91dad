package dev.tethys.pipeline.stages;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.util.Map;

/** Extracts the named groups of the first match; a group that has no part in it is empty. */
final class RegexStage implements Stage.Change {
  private static final Section KEYS =
      new Section("regex", "Extracts the named groups of an expression.");
  private static final Key<Pattern> EXPRESSION =
      KEYS.required("expression", Regexes.TYPE, "RE2 expression with named groups.");
  private static final Key<String> SOURCE = Source.key(KEYS);

  private final Source source;
  private final Pattern pattern;
  private final String[] names;
  private final int[] groups;

  private RegexStage(Source source, Pattern pattern) {
    this.source = source;
    this.pattern = pattern;
    Map<String, Integer> named = pattern.namedGroups();
    this.names = named.keySet().toArray(String[]::new);
    this.groups = named.values().stream().mapToInt(i -> i).toArray();
  }

  static RegexStage parse(YamlNode config) {
    YamlObject o = config.object(KEYS);
    return new RegexStage(Source.of(o, SOURCE), o.get(EXPRESSION));
  }

  @Override
  public void change(StageEntry e) {
    String text = source.text(e);
    if (text == null) {
      return;
    }
    Matcher m = pattern.matcher(text);
    if (!m.find()) {
      return;
    }
    for (int i = 0; i < names.length; i++) {
      String v = m.group(groups[i]);
      e.extracted.put(names[i], v == null ? "" : v);
    }
  }

  /** Expressions in the configuration of stages. */
  static final class Regexes {
    static final Type<Pattern> TYPE = Type.of("regex", null, n -> n.parse(Regexes::compile));

    private Regexes() {}

    private static Pattern compile(String s) {
      try {
        dev.tethys.model.Matcher.checkSize(s);
        return Pattern.compile(s);
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            "could not compile regular expression: " + e.getMessage(), e);
      } catch (StackOverflowError e) {
        throw new IllegalArgumentException(
            "could not compile regular expression: it nests too deeply", e);
      }
    }
  }
}
