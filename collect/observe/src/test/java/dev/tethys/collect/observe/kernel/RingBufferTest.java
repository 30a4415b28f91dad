package dev.tethys.collect.observe.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Reads a ring in plain memory, written as the kernel writes one. */
class RingBufferTest {
  private static final int SIZE = 4096;
  private static final int BUSY = 0x8000_0000;
  private static final int DISCARDED = 0x4000_0000;

  private final Arena arena = Arena.ofAuto();
  private final MemorySegment consumer = arena.allocate(8, 8);
  private final MemorySegment producer = arena.allocate(8, 8);
  private final MemorySegment data = arena.allocate(2 * SIZE, 8);
  private int unmapped;
  private final RingBuffer ring = new RingBuffer(consumer, producer, data, () -> unmapped++);

  /** Both copies of a byte, as the double mapping shows it. */
  private void write(long position, byte b) {
    data.set(JAVA_BYTE, position % SIZE, b);
    data.set(JAVA_BYTE, position % SIZE + SIZE, b);
  }

  private long append(String text, int flags) {
    long at = producer.get(JAVA_LONG, 0);
    int head = text.length() | flags;
    for (int i = 0; i < 4; i++) {
      write(at + i, (byte) (head >> 8 * i));
    }
    for (int i = 0; i < text.length(); i++) {
      write(at + 8 + i, (byte) text.charAt(i));
    }
    producer.set(JAVA_LONG, 0, at + (text.length() + 8 + 7 & ~7));
    return at;
  }

  private List<String> read() {
    List<String> out = new ArrayList<>();
    ring.read((m, at, n) -> out.add(text(m, at, n)));
    return out;
  }

  private static String text(MemorySegment m, long at, int n) {
    return new String(m.asSlice(at, n).toArray(JAVA_BYTE), java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void readsRecordsInOrderAndReleasesTheirSpace() {
    append("one", 0);
    append("four", 0);
    assertThat(ring.pending()).isEqualTo(16 + 16);
    assertThat(read()).containsExactly("one", "four");
    assertThat(consumer.get(JAVA_LONG, 0)).isEqualTo(producer.get(JAVA_LONG, 0));
    assertThat(read()).isEmpty();
  }

  @Test
  void skipsDiscardedRecords() {
    append("one", DISCARDED);
    append("two", 0);
    assertThat(read()).containsExactly("two");
  }

  @Test
  void stopsAtAnUnfinishedRecord() {
    append("one", 0);
    long at = append("two", BUSY);
    append("three", 0);
    assertThat(read()).containsExactly("one");
    write(at + 3, (byte) 0);
    assertThat(read()).containsExactly("two", "three");
  }

  @Test
  void readsUpToAnEarlierEnd() {
    append("one", 0);
    long end = ring.end();
    append("two", 0);
    List<String> out = new ArrayList<>();
    assertThat(ring.read(end, (m, at, n) -> out.add(text(m, at, n)))).isEqualTo(1);
    assertThat(out).containsExactly("one");
  }

  @Test
  void doesNotRereadARecordAfterHandlerFailure() {
    append("one", 0);
    append("two", 0);
    assertThatThrownBy(
            () ->
                ring.read(
                    (m, at, n) -> {
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(read()).containsExactly("two");
  }

  @Test
  void returnsNothingOnceClosed() {
    append("one", 0);
    ring.close();
    ring.close();
    assertThat(read()).isEmpty();
    assertThat(unmapped).isEqualTo(1);
  }

  @Test
  void readsBackManyRounds() {
    Random random = new Random(7);
    for (int round = 0; round < 5_000; round++) {
      List<String> expected = new ArrayList<>();
      for (int i = random.nextInt(5); i > 0; i--) {
        String text = "x".repeat(random.nextInt(700)) + round;
        boolean discarded = random.nextInt(8) == 0;
        append(text, discarded ? DISCARDED : 0);
        if (!discarded) {
          expected.add(text);
        }
      }
      assertThat(read()).isEqualTo(expected);
    }
    assertThat(producer.get(JAVA_LONG, 0)).isGreaterThan(100L * SIZE);
    assertThat(data.get(JAVA_INT, 0)).isNotZero();
  }
}
