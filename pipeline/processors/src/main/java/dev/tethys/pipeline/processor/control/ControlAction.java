package dev.tethys.pipeline.processor.control;

import java.util.Locale;

/** Action of a control on the items in its scope; actions apply in this order. */
public enum ControlAction {
  /** Drops all. */
  MUTE("muted"),

  /** Drops items that match an OTTL condition. */
  FILTER("filtered"),

  /** Keeps a share. */
  SAMPLE("sampled"),

  /** Keeps a number of items per second. */
  RATE_LIMIT("limited"),

  /** Masks the text found by detectors and drops nothing. */
  REDACT("redacted"),

  /** Passes an amount in a period, then less and less. */
  QUOTA("over_quota"),

  /** Moves all items to another pipeline and drops nothing. */
  ROUTE("routed");

  private final String reason;

  ControlAction(String reason) {
    this.reason = reason;
  }

  /** Returns the name, such as {@code rate_limit}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the reason under which accounts count the items dropped by a control. */
  public String reason(String id) {
    return reason + ":" + id;
  }

  /** Whether a reason of an account belongs to a control. */
  public static boolean isReason(String reason) {
    for (ControlAction a : values()) {
      if (reason.startsWith(a.reason + ":")) {
        return true;
      }
    }
    return false;
  }
}
