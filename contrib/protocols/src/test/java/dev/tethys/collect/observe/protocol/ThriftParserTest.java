package dev.tethys.collect.observe.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThriftParserTest {
  private static final String GET = "\\x80\\x01\\x00\\x01\\x00\\x00\\x00\\x03get\\x00\\x00\\x00";
  private static final String GOT = "\\x80\\x01\\x00\\x02\\x00\\x00\\x00\\x03get\\x00\\x00\\x00";

  private final ProtocolCounters counters = new ProtocolCounters();
  private final List<ObservedRequest> found = new ArrayList<>();
  private final ProtocolConnection connection =
      new ProtocolConnection(found::add, counters, Direction.SENT);

  /** Structures in structures, and lists whose length is a lie. */
  @Test
  void boundsNestedAndEndlessFields() {
    feed(1, true, GET + "\\x01{n2000 \\x0c\\x00\\x01}", 0);
    assertThat(counters.malformed()).isEqualTo(1);
    ProtocolConnection c = new ProtocolConnection(found::add, counters, Direction.SENT);
    byte[] b = WireCase.bytes(GET + "\\x01\\x0f\\x00\\x01\\x0c\\x7f\\xff\\xff\\xff{n3000 \\x00}");
    for (int i = 0; i < 10; i++) {
      c.feed(Direction.SENT, i, b, 0, b.length, b.length);
      assertThat(c.retained()).isLessThanOrEqualTo(2 * StreamBuffer.LIMIT);
    }
    c.close();
    assertThat(counters.faults()).isZero();
    assertThat(counters.open).isZero();
  }

  @Test
  void framesOfFourGigabytesAreNotMessages() {
    feed(1, true, "\\xff\\xff\\xff\\xff" + GET + "\\x01\\x00", 1L << 32);
    feed(1, true, "\\x7f\\xff\\xff\\xff" + GET + "\\x01\\x00", 1L << 31);
    assertThat(connection.protocol()).isNull();
    feed(1, true, "{i4 " + GET + "\\x01\\x0b\\x00\\x01\\xff\\xff\\xff\\xff\\x00}", 0);
    feed(2, false, "{i4 " + GOT + "\\x01\\x00}", 0);
    assertThat(found).hasSize(1);
  }

  /** After a response that was not seen, answers meet their own calls again. */
  @Test
  void callsWithEqualNumbersResynchronizeAfterLoss() {
    feed(1, true, GET + "\\x00\\x00", 0);
    feed(2, false, "", 50);
    for (int i = 10; i < 100; i += 10) {
      feed(i, true, GET + "\\x00\\x00", 0);
      feed(i + 5, false, GOT + "\\x00\\x00", 0);
      assertThat(found.getLast().durationNanos()).isEqualTo(5);
    }
    assertThat(found).hasSize(10);
  }

  @Test
  void matchesCallsWithEqualNumbersInOrder() {
    for (int i = 0; i < 10; i++) {
      feed(i, true, GET + "\\x00\\x00", 0);
    }
    for (int i = 0; i < 10; i++) {
      feed(100 + i, false, GOT + "\\x00\\x00", 0);
    }
    assertThat(found).hasSize(10).allMatch(r -> r.durationNanos() == 100);
  }

  private void feed(long time, boolean client, String text, long uncaptured) {
    byte[] b = WireCase.bytes(text);
    connection.feed(
        client ? Direction.SENT : Direction.RECEIVED, time, b, 0, b.length, b.length + uncaptured);
  }
}
