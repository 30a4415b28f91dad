package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.regex.Regex;
import dev.tethys.model.telemetry.AnyValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.processor.connector.spanmetrics.SpanMetricsSettings.Named;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Attributes that distinguish series, read from the span, or from one of its events, or from its
 * resource, or a default. Guarded by the connector.
 */
final class Dimensions {
  /** Most keys whose match is remembered. */
  private static final int MAX_REMEMBERED = 10_000;

  /** Strings of small numbers: codes of HTTP and their like are on every span. */
  private static final String[] NUMBERS = new String[1000];

  static {
    Arrays.setAll(NUMBERS, String::valueOf);
  }

  private final List<Named> named;
  private final List<Regex> globs;
  private final Map<String, Boolean> remembered = new HashMap<>();

  Dimensions(List<Named> named, List<Regex> globs) {
    this.named = List.copyOf(named);
    this.globs = List.copyOf(globs);
  }

  /** Adds their strings to a key. */
  void addTo(SeriesKey key, Attributes span, Attributes event, Attributes resource) {
    for (Named d : named) {
      Attributes in = holder(d.name(), span, event, resource);
      key.add(in == null ? d.otherwise() : text(in.get(d.name())));
    }
    if (!globs.isEmpty()) {
      for (String name : matching(span, event, resource)) {
        Attributes in = holder(name, span, event, resource);
        key.add(name);
        key.add(in == null ? null : text(in.get(name)));
      }
      key.add(null); // names are never null, so the following part cannot be mistaken for one
    }
  }

  /** Adds them to the attributes of a series. */
  void putInto(Attributes to, Attributes span, Attributes event, Attributes resource) {
    for (Named d : named) {
      Attributes in = holder(d.name(), span, event, resource);
      if (in != null) {
        to.put(d.name(), AnyValue.copy(in.get(d.name())));
      } else if (d.otherwise() != null) {
        to.put(d.name(), d.otherwise());
      }
    }
    if (!globs.isEmpty()) {
      for (String name : matching(span, event, resource)) {
        Attributes in = holder(name, span, event, resource);
        to.put(name, in == null ? null : AnyValue.copy(in.get(name)));
      }
    }
  }

  private static @Nullable Attributes holder(
      String name, Attributes span, Attributes event, Attributes resource) {
    return span.contains(name)
        ? span
        : event.contains(name) ? event : resource.contains(name) ? resource : null;
  }

  private List<String> matching(Attributes... all) {
    List<String> names = new ArrayList<>();
    for (Attributes a : all) {
      for (int i = 0; i < a.size(); i++) {
        String name = a.key(i);
        if (matches(name) && !names.contains(name)) {
          names.add(name);
        }
      }
    }
    names.sort(null);
    return names;
  }

  private boolean matches(String name) {
    Boolean known = remembered.get(name);
    if (known == null) {
      known = globs.stream().anyMatch(g -> g.matches(name));
      if (remembered.size() < MAX_REMEMBERED) {
        remembered.put(name, known);
      }
    }
    return known;
  }

  /** Series are separated by strings, as labels are: 200 and "200" are one. */
  private static String text(@Nullable Object value) {
    return value instanceof Long n && n >= 0 && n < NUMBERS.length
        ? NUMBERS[n.intValue()]
        : ValueText.of(value);
  }
}
