package dev.tethys.collect.logs.journal;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Position of an entry, in systemd's text form: {@code
 * s=SEQNUM_ID;i=SEQNUM;b=BOOT_ID;m=MONOTONIC;t=REALTIME;x=XOR_HASH}, numbers in hexadecimal.
 *
 * @param seqnumId id of the sequence, 32 hexadecimal digits
 * @param bootId 32 hexadecimal digits
 * @param monotonic microseconds since the machine started
 * @param realtime microseconds since 1970
 */
public record Cursor(
    String seqnumId, long seqnum, String bootId, long monotonic, long realtime, long xorHash) {
  /** Parses the text; returns null if it is not a cursor. */
  public static @Nullable Cursor parse(String text) {
    String s = "";
    String b = "";
    long i = 0;
    long m = 0;
    long t = 0;
    long x = 0;
    try {
      for (String part : text.split(";")) {
        if (part.length() < 3 || part.charAt(1) != '=') {
          return null;
        }
        String v = part.substring(2);
        switch (part.charAt(0)) {
          case 's' -> s = v;
          case 'b' -> b = v;
          case 'i' -> i = HexFormat.fromHexDigitsToLong(v);
          case 'm' -> m = HexFormat.fromHexDigitsToLong(v);
          case 't' -> t = HexFormat.fromHexDigitsToLong(v);
          case 'x' -> x = HexFormat.fromHexDigitsToLong(v);
          default -> {
            return null;
          }
        }
      }
    } catch (IllegalArgumentException e) {
      return null;
    }
    return s.length() == 32 && b.length() == 32 ? new Cursor(s, i, b, m, t, x) : null;
  }

  /**
   * Compares the order of entries: by number if the same counter applies, by the monotonic clock
   * within a boot, otherwise by the time of day.
   */
  int compareOrder(Cursor o) {
    if (seqnumId.equals(o.seqnumId) && seqnum != o.seqnum) {
      return Long.compareUnsigned(seqnum, o.seqnum);
    }
    if (seqnumId.equals(o.seqnumId)) {
      return 0;
    }
    if (bootId.equals(o.bootId) && monotonic != o.monotonic) {
      return Long.compareUnsigned(monotonic, o.monotonic);
    }
    int c = Long.compareUnsigned(realtime, o.realtime);
    return c != 0 ? c : Long.compareUnsigned(xorHash, o.xorHash);
  }

  @Override
  public String toString() {
    return "s="
        + seqnumId
        + ";i="
        + Long.toHexString(seqnum)
        + ";b="
        + bootId
        + ";m="
        + Long.toHexString(monotonic)
        + ";t="
        + Long.toHexString(realtime)
        + ";x="
        + Long.toHexString(xorHash);
  }
}
