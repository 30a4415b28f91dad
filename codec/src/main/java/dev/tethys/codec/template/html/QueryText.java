package dev.tethys.codec.template.html;

import dev.tethys.codec.template.GoStruct;
import java.util.Map;

/** Text already escaped by {@code urlquery} for the query of a URL. */
public record QueryText(String value) implements GoStruct {
  @Override
  public String typeName() {
    return "string";
  }

  @Override
  public Map<String, ?> fields() {
    return Map.of();
  }

  @Override
  public String text() {
    return value;
  }
}
