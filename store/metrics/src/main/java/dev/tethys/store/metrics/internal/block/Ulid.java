package dev.tethys.store.metrics.internal.block;

import java.security.SecureRandom;

/** Names of blocks: 48 bits of milliseconds and 80 of chance, in Crockford's base 32. */
public final class Ulid {
  private static final String DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final SecureRandom RANDOM = new SecureRandom();

  private Ulid() {}

  public static String next(long millis) {
    char[] c = new char[26];
    long t = millis;
    for (int i = 9; i >= 0; i--) {
      c[i] = DIGITS.charAt((int) (t & 31));
      t >>>= 5;
    }
    for (int i = 10; i < 26; i++) {
      c[i] = DIGITS.charAt(RANDOM.nextInt(32));
    }
    return new String(c);
  }

  public static boolean is(String s) {
    if (s.length() != 26) {
      return false;
    }
    for (int i = 0; i < 26; i++) {
      if (DIGITS.indexOf(s.charAt(i)) < 0) {
        return false;
      }
    }
    return true;
  }
}
