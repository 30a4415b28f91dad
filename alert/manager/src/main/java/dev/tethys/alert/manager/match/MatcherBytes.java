package dev.tethys.alert.manager.match;

import dev.tethys.model.regex.Regex;

/** Memory of the matchers of one request or silence, which also bounds the time of a match. */
public final class MatcherBytes {
  /** Maximum number of bytes for a request. */
  public static final long REQUEST_LIMIT = 8 << 20;

  private final long limit;
  private long bytes;

  /** Creates a counter for one request or silence. */
  public MatcherBytes(long limit) {
    this.limit = limit;
  }

  /**
   * Counts a matcher.
   *
   * @throws IllegalArgumentException if all take more than the limit
   */
  public void add(LabelMatcher m) {
    add(m.bytes());
  }

  /** Counts an expression, as a matcher. */
  public void add(Regex r) {
    add(r.findingBytes());
  }

  private void add(long more) {
    bytes += more;
    if (bytes > limit) {
      throw new IllegalArgumentException(
          "the matchers take more than "
              + limit
              + " bytes of memory; use fewer or simpler expressions");
    }
  }
}
