package dev.tethys.alert.rule;

/** Type of data queried by the rules of a group. */
public enum RuleType {
  /** Series, by PromQL. */
  METRICS("metrics"),
  /** Stored logs, by LogQL. */
  LOGS("logs"),
  /** Stored spans, by TraceQL. */
  TRACES("traces"),
  /** Totals of stored profiles, by PromQL. */
  PROFILES("profiles");

  private final String text;

  RuleType(String text) {
    this.text = text;
  }

  /** Word in rule files. */
  public String text() {
    return text;
  }
}
