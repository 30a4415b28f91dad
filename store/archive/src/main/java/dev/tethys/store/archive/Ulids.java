package dev.tethys.store.archive;

import java.security.SecureRandom;
import java.time.InstantSource;

/** Names for blocks of Prometheus: 48 bits of time and 80 of chance, five bits a letter. */
public final class Ulids {
  private static final String LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final int LENGTH = 26;
  private static final int TIME_LETTERS = 10;

  private final SecureRandom random = new SecureRandom();
  private final InstantSource clock;

  public Ulids(InstantSource clock) {
    this.clock = clock;
  }

  /** Creates a new unique name. */
  public String next() {
    StringBuilder sb = new StringBuilder(LENGTH);
    long time = clock.millis();
    for (int i = TIME_LETTERS - 1; i >= 0; i--) {
      sb.append(LETTERS.charAt((int) (time >>> 5 * i) & 31));
    }
    while (sb.length() < LENGTH) {
      sb.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return sb.toString();
  }
}
