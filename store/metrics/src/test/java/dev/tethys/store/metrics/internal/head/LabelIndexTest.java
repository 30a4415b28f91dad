package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

/** How slots of series are kept, as they come, leave and come again. */
class LabelIndexTest {
  private static final int SLOTS = 1 << 17;

  private final LabelIndex index = new LabelIndex(new Fingerprint());

  /** So much as bits take, for the lists that most series are in, and some. */
  private static final long BITS = 4L * SLOTS / 8;

  private int add(int slot, String code) {
    return index.add(slot, Labels.of("job", "j", "code", code).canonicalBytes());
  }

  private void holds(BitSet slots) {
    assertThat(index.all().stream().toArray()).isEqualTo(slots.stream().toArray());
  }

  /** Each of them would be its own run, which must be counted when the next series leaves. */
  @Test
  void whatLeavesFromBetweenOthersMakesNoRunOfEachThatStays() {
    int[] lists = new int[SLOTS + 1];
    BitSet live = new BitSet();
    for (int slot = 1; slot <= SLOTS; slot++) {
      lists[slot] = add(slot, "200");
      live.set(slot);
    }
    long before = index.bytes();
    for (int slot = 1; slot <= SLOTS; slot += 2) {
      index.remove(slot, lists[slot]);
      live.clear(slot);
    }
    assertThat(index.bytes()).isLessThan(before + BITS);
    holds(live);
    for (int slot = 2; slot <= SLOTS; slot += 2) {
      index.remove(slot, lists[slot]);
    }
    holds(new BitSet());
    assertThat(index.bytes()).isLessThan(before + BITS);
  }

  /** A target brings series with the one label and with the other, which stand side by side. */
  @Test
  void whatComesAtEvenDistancesMakesNoRunOfEach() {
    BitSet live = new BitSet();
    for (int slot = 1; slot <= 1024; slot++) {
      add(slot, "200");
      live.set(slot);
    }
    long before = index.bytes() - index.reserved();
    for (int slot = 1025; slot <= SLOTS; slot++) {
      add(slot, slot % 2 == 0 ? "500" : "200");
      live.set(slot);
    }
    assertThat(index.bytes() - index.reserved()).isLessThan(before + BITS);
    holds(live);
  }
}
