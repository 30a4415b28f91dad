package dev.tethys.collect.scrape;

/** Health of a target, from its last scrape. */
public enum TargetHealth {
  UNKNOWN("unknown"),
  UP("up"),
  DOWN("down");

  private final String text;

  TargetHealth(String text) {
    this.text = text;
  }

  /** Text in the API. */
  public String text() {
    return text;
  }
}
