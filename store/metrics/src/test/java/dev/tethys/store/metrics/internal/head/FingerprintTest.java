package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Every byte counts, wherever it stands, and nothing but the bytes does. */
class FingerprintTest {
  private static final int LONGEST = 150;

  private final Fingerprint print = new Fingerprint();

  private record Print(long high, long low) {}

  private Print of(byte[] b, int offset, int length, int salt) {
    print.hash(b, offset, length, salt);
    assertThat(print.low(b, offset, length, salt)).isEqualTo(print.low);
    return new Print(print.high, print.low);
  }

  @Test
  void everyBitChangesBothHalves() {
    SplittableRandom random = new SplittableRandom(9);
    for (int length = 1; length <= LONGEST; length++) {
      byte[] b = new byte[length];
      random.nextBytes(b);
      Print before = of(b, 0, length, 1);
      for (int bit = 0; bit < 8 * length; bit++) {
        b[bit >> 3] ^= (byte) (1 << (bit & 7));
        Print changed = of(b, 0, length, 1);
        assertThat(changed.high).as("bit %d of %d bytes", bit, length).isNotEqualTo(before.high);
        assertThat(changed.low).as("bit %d of %d bytes", bit, length).isNotEqualTo(before.low);
        b[bit >> 3] ^= (byte) (1 << (bit & 7));
      }
    }
  }

  @Test
  void dependsOnlyOnTheHashedBytes() {
    SplittableRandom random = new SplittableRandom(10);
    byte[] all = new byte[4 * LONGEST];
    random.nextBytes(all);
    for (int length = 0; length <= LONGEST; length++) {
      byte[] other = new byte[4 * LONGEST];
      random.nextBytes(other);
      int from = random.nextInt(3 * LONGEST);
      int to = random.nextInt(3 * LONGEST);
      System.arraycopy(all, from, other, to, length);
      Print p = of(all, from, length, 2);
      assertThat(of(other, to, length, 2)).isEqualTo(p);
      Fingerprint same = print.sameKey();
      same.hash(other, to, length, 2);
      assertThat(new Print(same.high, same.low)).isEqualTo(p);
    }
  }

  @Test
  void distinguishesLengthsSaltsAndPositionsOfEqualParts() {
    byte[] zeros = new byte[LONGEST];
    Set<Print> salted = new HashSet<>();
    Set<Long> halves = new HashSet<>();
    int n = 0;
    for (int length = 0; length <= LONGEST; length++, n++) {
      for (int salt = 1; salt < 4; salt++) {
        salted.add(of(zeros, 0, length, salt));
      }
      Print p = of(zeros, 0, length, 1);
      halves.add(p.high);
      halves.add(p.low);
    }
    assertThat(salted).hasSize(3 * n);
    for (int at = 0; at + 16 <= LONGEST; at += 16, n++) { // one part that moves
      byte[] b = new byte[LONGEST];
      b[at] = 1;
      Print p = of(b, 0, LONGEST, 1);
      halves.add(p.high);
      halves.add(p.low);
    }
    assertThat(halves).hasSize(2 * n);
  }
}
