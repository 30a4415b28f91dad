package dev.tethys.config;

import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Tags written before scalars. Readers derive the type of a scalar from its style, so a scalar with
 * the tag of strings or an unknown tag becomes quoted, and one with the tag of a number or boolean
 * plain.
 */
final class ScalarTag {
  private static final String UNSPECIFIC = "!";
  private static final String FLOAT = "tag:yaml.org,2002:float";
  private static final Set<String> TYPED =
      Set.of(
          FLOAT,
          "tag:yaml.org,2002:int",
          "tag:yaml.org,2002:bool",
          "tag:yaml.org,2002:null",
          "tag:yaml.org,2002:timestamp");
  private static final Set<String> KEPT =
      Set.of("tag:yaml.org,2002:binary", "tag:yaml.org,2002:merge");

  private ScalarTag() {}

  /** Returns the event with the style required by its tag. */
  static ScalarEvent applied(ScalarEvent e) {
    String tag = e.getTag().orElse("");
    if (tag.isEmpty() || tag.equals(UNSPECIFIC) || KEPT.contains(tag)) {
      return e;
    }
    boolean typed = TYPED.contains(tag);
    String value = e.getValue();
    if (tag.equals(FLOAT) && value.matches("[-+]?[0-9]+")) {
      value += ".0";
    }
    ScalarStyle style =
        typed ? ScalarStyle.PLAIN : e.isPlain() ? ScalarStyle.DOUBLE_QUOTED : e.getScalarStyle();
    return new ScalarEvent(
        e.getAnchor(),
        Optional.of(typed ? tag : Tag.STR.getValue()),
        e.getImplicit(),
        value,
        style,
        e.getStartMark(),
        e.getEndMark());
  }
}
