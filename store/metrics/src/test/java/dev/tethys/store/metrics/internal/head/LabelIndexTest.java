package dev.tethys.store.metrics.internal.head;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** How slots of series are kept, as they come, leave and come again. */
class LabelIndexTest {
  private static final int SLOTS = 1 << 17;

  private static final Comparator<String> BY_BYTES =
      Comparator.comparing(s -> s.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

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
  void removedSlotsDoNotLeaveOneRunForEachRemainingSlot() {
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
  void evenlySpacedSlotsDoNotMakeOneRunEach() {
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

  /** Order by bytes, against that of UTF-8: long and equal beginnings, zeros, all characters. */
  @Test
  void ordersValuesByTheirBytes() {
    SplittableRandom random = new SplittableRandom(11);
    String[] parts = {
      "", "a", "\0", "ab", "\u007f", "\u00e4", "\u20ac", "\ud83d\ude00", "-12345678"
    };
    for (String prefix : new String[] {"", "app-", "a long beginning that all have: "}) {
      String name = "n" + prefix.length();
      TreeSet<String> expected = new TreeSet<>(BY_BYTES);
      int slot = 1;
      for (int round = 0; round < 3; round++) { // later values come between known ones
        for (int i = 0; i < 400; i++) {
          StringBuilder value = new StringBuilder(prefix);
          value.append((char) ('a' + random.nextInt(26)));
          for (int k = random.nextInt(6); k >= 0; k--) {
            value.append(parts[random.nextInt(parts.length)]);
          }
          if (expected.add(value.toString())) {
            Labels l = Labels.of("job", "j" + i, name, value.toString());
            index.add(slot++, l.canonicalBytes());
          }
        }
        assertThat(texts(index.ordered(requireNonNull(index.orderable(name)))))
            .containsExactlyElementsOf(expected);
      }
      BitSet marks = new BitSet();
      index.markValues(name, null, marks);
      assertThat(texts(index.inOrder(marks))).containsExactlyElementsOf(expected);
    }
  }

  /** Few marks and many take other ways. */
  @Test
  void removesMarksOfOtherNames() {
    for (int slot = 1; slot <= 300; slot++) {
      index.add(slot, Labels.of("job", "j" + slot, "pod", "p" + slot).canonicalBytes());
    }
    for (int marked : new int[] {3, 300}) {
      BitSet marks = new BitSet();
      for (int pair = 0; pair < 2 * marked; pair++) {
        marks.set(pair);
      }
      index.keepMarks("pod", marks);
      assertThat(marks.stream().mapToObj(index.pairs()::name)).containsOnly("pod").hasSize(marked);
      index.keepMarks("nothing", marks);
      assertThat(marks.isEmpty()).isTrue();
    }
  }

  private List<String> texts(int[] pairs) {
    return Arrays.stream(pairs).mapToObj(index.pairs()::value).toList();
  }
}
