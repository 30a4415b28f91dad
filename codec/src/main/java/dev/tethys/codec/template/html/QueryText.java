package dev.tethys.codec.template.html;

import dev.tethys.codec.template.GoStruct;
import java.util.Map;

/** Text that {@code urlquery} has already made fit for the query of a URL. */
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
