package dev.tethys.alert.rule;

import java.util.Locale;

/** How far an alert, or the worst alert of a rule, is. */
public enum AlertState {
  /** The rule was not evaluated yet. */
  UNKNOWN,
  INACTIVE,
  PENDING,
  FIRING;

  /** As in labels and answers. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
