package dev.tethys.alert.rule;

/** Data that the rules of a group query. */
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
