package dev.tethys.collect.observe.protocol;

import org.jspecify.annotations.Nullable;

/**
 * Memory of all connections: incomplete messages, open requests, strings of prepared statements,
 * tables of headers. Above the limit, the connections that were idle longest drop their state.
 *
 * <p>Of the thread that feeds the connections.
 */
final class Retention {
  /** Maximum number of bytes of all connections. */
  static final long MOST = 32L << 20;

  /** Connection whose memory is accounted for. */
  interface Owner {
    /** Drops all state kept for later payloads because memory is short. */
    void forget();
  }

  /** Entry of a connection, linked with the entries of connections used before and after it. */
  static final class Share {
    private final Owner owner;
    private @Nullable Share before;
    private @Nullable Share after;
    private long bytes;

    Share(Owner owner) {
      this.owner = owner;
    }
  }

  private @Nullable Share oldest;
  private @Nullable Share newest;
  private long bytes;

  /** Returns the bytes retained over all connections. */
  long bytes() {
    return bytes;
  }

  /**
   * Records the memory kept by a connection, and that it was used.
   *
   * @return number of other connections that had to forget
   */
  int update(Share share, long now) {
    if (now == 0 && share.bytes == 0) {
      return 0;
    }
    bytes += now - share.bytes;
    if (share.bytes > 0) {
      unlink(share);
    }
    share.bytes = now;
    if (now > 0) {
      append(share);
    }
    int forgot = 0;
    while (bytes > MOST && oldest != null) {
      Share first = oldest;
      first.owner.forget();
      bytes -= first.bytes;
      first.bytes = 0;
      unlink(first);
      forgot++;
    }
    return forgot;
  }

  private void append(Share s) {
    s.before = newest;
    if (newest == null) {
      oldest = s;
    } else {
      newest.after = s;
    }
    newest = s;
  }

  private void unlink(Share s) {
    Share previous = s.before;
    Share next = s.after;
    if (previous == null) {
      oldest = next;
    } else {
      previous.after = next;
    }
    if (next == null) {
      newest = previous;
    } else {
      next.before = previous;
    }
    s.before = null;
    s.after = null;
  }
}
