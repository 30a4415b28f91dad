package dev.tethys.testkit;

import java.util.Arrays;
import java.util.Random;

/** Damage to bytes as caused by disks and crashes, and by attackers. */
public final class FileCorruption {
  private static final int KINDS = 10;

  private FileCorruption() {}

  /** Returns a damaged copy with one to four changes. */
  public static byte[] of(byte[] sound, Random r) {
    byte[] b = sound.clone();
    for (int n = 1 + r.nextInt(r.nextInt(4) + 1); n > 0; n--) {
      b = once(b, r);
    }
    return b;
  }

  private static byte[] once(byte[] b, Random r) {
    if (b.length == 0) {
      return new byte[] {(byte) r.nextInt()};
    }
    int at = r.nextInt(b.length);
    int length = Math.min(b.length - at, 1 + r.nextInt(1 << r.nextInt(8)));
    switch (r.nextInt(KINDS)) {
      case 0 -> b[at] ^= (byte) (1 << r.nextInt(8));
      case 1 -> b[at] = (byte) r.nextInt();
      case 2 -> b[at] += (byte) (r.nextBoolean() ? 1 : -1);
      case 3 -> {
        // The largest and smallest numbers, for lengths and counts.
        byte x = (byte) (r.nextBoolean() ? 0xff : 0x7f);
        Arrays.fill(b, at, Math.min(b.length, at + 1 + r.nextInt(9)), x);
      }
      case 4 -> Arrays.fill(b, at, at + length, (byte) 0); // a page that was never written
      case 5 -> {
        byte[] noise = new byte[length];
        r.nextBytes(noise);
        System.arraycopy(noise, 0, b, at, length);
      }
      case 6 -> b = Arrays.copyOf(b, at); // torn
      case 7 -> b = splice(b, at, at + length, new byte[0]);
      case 8 -> b = splice(b, at, at, Arrays.copyOfRange(b, at, at + length)); // twice
      default -> {
        int from = r.nextInt(b.length);
        int n = Math.min(length, b.length - from);
        System.arraycopy(b, from, b, at, n); // from elsewhere
      }
    }
    return b;
  }

  private static byte[] splice(byte[] b, int from, int to, byte[] middle) {
    byte[] out = new byte[b.length - (to - from) + middle.length];
    System.arraycopy(b, 0, out, 0, from);
    System.arraycopy(middle, 0, out, from, middle.length);
    System.arraycopy(b, to, out, from + middle.length, b.length - to);
    return out;
  }
}
