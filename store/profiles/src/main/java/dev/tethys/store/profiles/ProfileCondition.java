package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayList;
import java.util.List;

/**
 * Series that a deletion selects.
 *
 * <pre>
 * 1 byte version 1, uvarint matchers, then for each: 1 byte type as in the remote read protocol, name, value
 * </pre>
 */
record ProfileCondition(List<Matcher> matchers) {
  private static final int VERSION = 1;

  byte[] encode() {
    ByteSink out = new ByteSink(256);
    out.putByte(VERSION);
    out.uvarint(matchers.size());
    for (Matcher m : matchers) {
      out.putByte(m.type().ordinal());
      out.putString(m.name());
      out.putString(m.value());
    }
    return out.toArray();
  }

  static ProfileCondition decode(byte[] bytes) {
    ByteSource in = new ByteSource(bytes);
    int version = in.getByte();
    if (version != VERSION) {
      throw new CorruptionException("condition of a deletion has version " + version);
    }
    List<Matcher> matchers = new ArrayList<>();
    Matcher.Type[] types = Matcher.Type.values();
    for (int n = in.count(); n > 0; n--) {
      int type = in.getByte();
      if (type < 0 || type >= types.length) {
        throw new CorruptionException("matcher of a deletion has type " + type);
      }
      matchers.add(Matcher.of(types[type], in.string(), in.string()));
    }
    return new ProfileCondition(matchers);
  }

  boolean fits(Labels labels) {
    return Matcher.matchAll(matchers, labels);
  }
}
