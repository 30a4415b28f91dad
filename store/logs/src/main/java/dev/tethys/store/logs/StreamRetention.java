package dev.tethys.store.logs;

import dev.tethys.store.events.PartExpiry;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Times at which the entries of a tenant's streams expire. Not thread-safe. */
final class StreamRetention {
  private final @Nullable StreamValues nanos;

  /**
   * @param registry registry that assigns the stream numbers
   * @param retention null if nothing expires by stream
   */
  StreamRetention(StreamRegistry registry, @Nullable LogRetention retention) {
    nanos = retention == null ? null : new StreamValues(s -> retention.of(registry.labels(s)));
  }

  /**
   * Unix nanoseconds at which an entry expires, {@link Long#MAX_VALUE} if it does not.
   *
   * @param time timestamp of the entry
   */
  long expires(int stream, long time) {
    return nanos == null ? Long.MAX_VALUE : PartExpiry.after(time, nanos.of(stream));
  }

  /**
   * When the streams of a part expire; a stream does when its newest entry in the part does.
   *
   * @param part null if it cannot be read
   * @param last time of its newest entry
   */
  static PartExpiry of(
      StreamRegistry registry, LogRetention retention, @Nullable LogPart part, long last) {
    if (part == null) {
      return PartExpiry.whole(PartExpiry.after(last, retention.longest()));
    }
    StreamRetention streams = new StreamRetention(registry, retention);
    LogPart.Streams index = part.streams(registry);
    long[] newest = new long[index.numbers().length];
    Arrays.fill(newest, Long.MIN_VALUE);
    for (int i = 0; i < index.stream().length; i++) {
      newest[index.stream()[i]] = Math.max(newest[index.stream()[i]], index.lasts()[i]);
    }
    long first = Long.MAX_VALUE;
    long whole = Long.MIN_VALUE;
    for (int i = 0; i < newest.length; i++) {
      if (newest[i] != Long.MIN_VALUE) {
        long expires = streams.expires(index.numbers()[i], newest[i]);
        first = Math.min(first, expires);
        whole = Math.max(whole, expires);
      }
    }
    return new PartExpiry(first, whole);
  }
}
