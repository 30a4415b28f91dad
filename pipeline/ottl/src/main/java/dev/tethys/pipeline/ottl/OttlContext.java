package dev.tethys.pipeline.ottl;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Evaluation context of a statement: resource, scope, span, metric, data point, log record and so
 * on. A context can access its own fields, and those of its parents with the parent's name as
 * prefix.
 */
public enum OttlContext {
  RESOURCE("resource", null),
  SCOPE("scope", RESOURCE),
  LOG("log", SCOPE),
  SPAN("span", SCOPE),
  SPAN_EVENT("spanevent", SPAN),
  SPAN_LINK("spanlink", SPAN),
  METRIC("metric", SCOPE),
  DATA_POINT("datapoint", METRIC),
  EXEMPLAR("exemplar", DATA_POINT),
  PROFILE("profile", SCOPE),
  PROFILE_SAMPLE("profilesample", PROFILE);

  /** Contexts of each signal, innermost first. */
  public static final List<OttlContext> LOGS = List.of(LOG, SCOPE, RESOURCE);

  public static final List<OttlContext> TRACES =
      List.of(SPAN_EVENT, SPAN_LINK, SPAN, SCOPE, RESOURCE);

  public static final List<OttlContext> METRICS =
      List.of(EXEMPLAR, DATA_POINT, METRIC, SCOPE, RESOURCE);

  public static final List<OttlContext> PROFILES =
      List.of(PROFILE_SAMPLE, PROFILE, SCOPE, RESOURCE);

  private final String text;
  private final @Nullable OttlContext parent;

  OttlContext(String text, @Nullable OttlContext parent) {
    this.text = text;
    this.parent = parent;
  }

  /** Whether a text has the name of a context before a dot, as paths do. */
  public static boolean isNamedIn(String text) {
    for (OttlContext c : values()) {
      if (text.contains(c.text + ".")) {
        return true;
      }
    }
    return false;
  }

  /** The name in configurations and at the start of paths. */
  public String text() {
    return text;
  }

  /** Whether a context is this one or encloses it. */
  public boolean reaches(OttlContext other) {
    for (OttlContext c = this; c != null; c = c.parent) {
      if (c == other) {
        return true;
      }
    }
    return false;
  }

  /** Context with a name; null if unknown. */
  public static @Nullable OttlContext of(String name) {
    if (name.equals("instrumentation_scope")) {
      return SCOPE;
    }
    for (OttlContext c : values()) {
      if (c.text.equals(name)) {
        return c;
      }
    }
    return null;
  }
}
