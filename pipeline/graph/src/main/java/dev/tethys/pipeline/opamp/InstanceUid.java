package dev.tethys.pipeline.opamp;

import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Identity of an agent: a UUID, optionally written as a ULID. */
public final class InstanceUid {
  private static final String CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final int ULID_LENGTH = 26;

  private InstanceUid() {}

  /** Parses an identity; null if invalid. */
  public static @Nullable UUID parse(String text) {
    return text.length() == ULID_LENGTH ? ulid(text.toUpperCase(Locale.ROOT)) : uuid(text);
  }

  /** Parses a UUID, including {@code urn:uuid:}, braces, and without hyphens. */
  private static @Nullable UUID uuid(String text) {
    String t = text.toLowerCase(Locale.ROOT);
    if (t.startsWith("urn:uuid:") && t.length() == 45) {
      t = t.substring(9);
    } else if (t.startsWith("{") && t.endsWith("}") && t.length() == 38) {
      t = t.substring(1, 37);
    } else if (t.matches("[0-9a-f]{32}")) {
      t = t.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5");
    }
    return t.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}") ? UUID.fromString(t) : null;
  }

  private static @Nullable UUID ulid(String text) {
    if (text.charAt(0) > '7') {
      return null; // more than 128 bits
    }
    long high = 0;
    long low = 0;
    for (int i = 0; i < ULID_LENGTH; i++) {
      int digit = CROCKFORD.indexOf(text.charAt(i));
      if (digit < 0) {
        return null;
      }
      high = high << 5 | low >>> 59;
      low = low << 5 | digit;
    }
    return new UUID(high, low);
  }

  /** Returns the 16 bytes of a message. */
  public static byte[] bytes(UUID u) {
    return ByteBuffer.allocate(16)
        .putLong(u.getMostSignificantBits())
        .putLong(u.getLeastSignificantBits())
        .array();
  }

  /** Returns the identity in the 16 bytes of a message. */
  public static UUID of(byte[] bytes) {
    ByteBuffer b = ByteBuffer.wrap(bytes);
    return new UUID(b.getLong(), b.getLong());
  }
}
