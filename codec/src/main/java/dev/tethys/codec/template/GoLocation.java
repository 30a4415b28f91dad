package dev.tethys.codec.template;

import static dev.tethys.codec.template.TemplateFunction.Parameter;

import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Go's time.Location. */
record GoLocation(ZoneId zone) implements GoStruct {
  static final Parameter PARAMETER =
      new Parameter("*time.Location", v -> v instanceof GoLocation, false);

  @Override
  public String typeName() {
    return "*time.Location";
  }

  @Override
  public Map<String, ?> fields() {
    return Map.of();
  }

  @Override
  public @Nullable TemplateFunction method(String name) {
    return name.equals("String") ? TemplateFunction.of(a -> text()) : null;
  }

  /** Name of the zone: Local for the system's zone, empty for offsets. */
  @Override
  public String text() {
    if (zone instanceof ZoneOffset o) {
      return o.getTotalSeconds() == 0 ? "UTC" : "";
    }
    return zone.equals(ZoneId.systemDefault()) ? "Local" : zone.getId();
  }
}
