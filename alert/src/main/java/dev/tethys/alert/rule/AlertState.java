package dev.tethys.alert.rule;

import java.util.Locale;

/** State of an alert, or of the worst alert of a rule. */
public enum AlertState {
  /** The rule was not evaluated yet. */
  UNKNOWN,
  INACTIVE,
  PENDING,
  FIRING;

  /** Returns the text in labels and API responses. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
