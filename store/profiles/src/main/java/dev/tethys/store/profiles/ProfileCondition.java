package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.store.events.MatcherBytes;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.List;

/**
 * Series selected by a deletion.
 *
 * <pre>
 * 1 byte version 1, matchers, see MatcherBytes
 * </pre>
 */
record ProfileCondition(List<Matcher> matchers) {
  private static final int VERSION = 1;

  byte[] encode() {
    ByteSink out = new ByteSink(256);
    out.putByte(VERSION);
    MatcherBytes.encode(matchers, out);
    return out.toArray();
  }

  static ProfileCondition decode(byte[] bytes) {
    ByteSource in = new ByteSource(bytes);
    int version = in.getByte();
    if (version != VERSION) {
      throw new CorruptionException("condition of a deletion has version " + version);
    }
    return new ProfileCondition(MatcherBytes.decode(in));
  }

  boolean fits(Labels labels) {
    return Matcher.matchAll(matchers, labels);
  }
}
