package dev.tethys.codec.opamp;

import dev.tethys.codec.protobuf.ProtoReader;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Entry of a map, a key-value pair or a header: a message of a text and a value. */
final class MapEntry {
  private MapEntry() {}

  /**
   * Reads an entry; a missing text is "".
   *
   * @param absent value of entries without one; null to skip them
   */
  static <T> void read(
      ProtoReader r, Function<ProtoReader, T> value, @Nullable T absent, BiConsumer<String, T> to) {
    String key = "";
    T v = absent;
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> key = r.readString();
        case 2 -> v = value.apply(r);
        default -> r.skip();
      }
    }
    r.leave(outer);
    if (v != null) {
      to.accept(key, v);
    }
  }
}
