package dev.tethys.codec.template.html;

import dev.tethys.codec.template.GoStruct;
import java.util.Map;

/**
 * Text marked by a template as safe for a given context of an HTML document.
 *
 * @param kind place for which it is safe
 */
public record SafeText(Kind kind, String value) implements GoStruct {
  /** Context in which the text is safe. */
  public enum Kind {
    HTML("template.HTML"),
    URL("template.URL");

    private final String typeName;

    Kind(String typeName) {
      this.typeName = typeName;
    }
  }

  @Override
  public String typeName() {
    return kind.typeName;
  }

  @Override
  public Map<String, ?> fields() {
    return Map.of();
  }

  @Override
  public String text() {
    return value;
  }

  @Override
  public boolean truth() {
    return !value.isEmpty();
  }
}
