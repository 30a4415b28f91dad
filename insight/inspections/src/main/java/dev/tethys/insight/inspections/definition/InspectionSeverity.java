package dev.tethys.insight.inspections.definition;

import java.util.Locale;

/** Severity of a problem. The worse one is the later constant. */
public enum InspectionSeverity {
  WARNING,
  CRITICAL;

  private final String text = name().toLowerCase(Locale.ROOT);

  /** Name in files and responses. */
  public String text() {
    return text;
  }
}
