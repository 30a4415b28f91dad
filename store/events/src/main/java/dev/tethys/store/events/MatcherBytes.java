package dev.tethys.store.events;

import dev.tethys.model.Matcher;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayList;
import java.util.List;

/**
 * Matchers in the conditions of stored deletions.
 *
 * <pre>
 * uvarint number, then for each: 1 byte type as in the remote read protocol, name, value
 * </pre>
 */
public final class MatcherBytes {
  private MatcherBytes() {}

  public static void encode(List<Matcher> matchers, ByteSink out) {
    out.uvarint(matchers.size());
    for (Matcher m : matchers) {
      out.putByte(m.type().ordinal());
      out.putString(m.name());
      out.putString(m.value());
    }
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws CorruptionException for an unknown type, or at an early end
   */
  public static List<Matcher> decode(ByteSource in) {
    List<Matcher> matchers = new ArrayList<>();
    Matcher.Type[] types = Matcher.Type.values();
    for (int n = in.count(); n > 0; n--) {
      int type = in.getByte();
      if (type >= types.length) {
        throw new CorruptionException("matcher of a deletion has type " + type);
      }
      matchers.add(Matcher.of(types[type], in.string(), in.string()));
    }
    return matchers;
  }
}
