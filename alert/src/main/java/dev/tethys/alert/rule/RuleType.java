package dev.tethys.alert.rule;

/** Type of data queried by the rules of a group. */
public enum RuleType {
  /** Series queried with PromQL. */
  METRICS("metrics"),
  /** Stored logs queried with LogQL. */
  LOGS("logs"),
  /** Stored spans queried with TraceQL. */
  TRACES("traces"),
  /** Totals of stored profiles, by PromQL. */
  PROFILES("profiles");

  private final String text;

  RuleType(String text) {
    this.text = text;
  }

  /** Returns the word in rule files. */
  public String text() {
    return text;
  }
}
