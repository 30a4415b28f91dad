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

  /** As the API says it. */
  public String text() {
    return text;
  }
}
