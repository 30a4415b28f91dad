package dev.tethys.collect.scrape;

/** How a target's last scrape went. */
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
