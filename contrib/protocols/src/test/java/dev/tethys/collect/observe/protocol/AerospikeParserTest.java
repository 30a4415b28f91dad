package dev.tethys.collect.observe.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AerospikeParserTest {
  private static final String NODE = "\\x02\\x01\\x00\\x00\\x00\\x00\\x00\\x05node\\x0a";
  private static final String SCAN =
      "\\x02\\x03\\x00\\x00\\x00\\x00\\x00\\x1f\\x16\\x01{n16 \\x00}\\x00\\x01\\x00\\x00"
          + "\\x00\\x00\\x00\\x05\\x00test";

  private final ProtocolCounters counters = new ProtocolCounters();
  private final List<ObservedRequest> found = new ArrayList<>();
  private final ProtocolConnection connection =
      new ProtocolConnection(found::add, counters, Direction.SENT);

  @Test
  void boundsFalseLengths() {
    feed(true, NODE, 0);
    feed(true, "\\x02\\x01\\x00\\x00\\xff\\xff\\xff\\xffnode\\x0a", 1L << 32);
    feed(true, "\\x02\\x01\\x00\\x01\\x00\\x00\\x00\\x05node\\x0a", 0);
    assertThat(counters.malformed()).isEqualTo(2);
    // A field that is larger than its message, and more fields than there are.
    feed(true, SCAN.replace("\\x05\\x00test", "\\xff\\x00test"), 0);
    feed(true, SCAN.replace("\\x00\\x01\\x00\\x00", "\\x00\\x40\\x7f\\xff"), 0);
    connection.close();
    assertThat(counters.faults()).isZero();
    assertThat(counters.open).isZero();
  }

  /** Records of a response go on forever, or claim to have any number of fields. */
  @Test
  void boundsEndlessResponses() {
    feed(true, SCAN, 0);
    assertThat(connection.protocol()).isEqualTo(Protocol.AEROSPIKE);
    for (int i = 0; i < 1000; i++) {
      feed(false, "\\x02\\x03\\x00\\x00\\x00\\x00\\x00\\x16\\x16{n21 \\x00}", 0);
      feed(
          false,
          "\\x02\\x03\\x00\\x00\\x07\\xff\\xff\\xff\\x16{n17 \\x00}\\x00\\x40\\x7f\\xff",
          100);
      feed(false, "{n1000 \\x00}", 0x7ffffff - 1122);
      assertThat(connection.retained()).isLessThanOrEqualTo(2 * StreamBuffer.LIMIT);
    }
    assertThat(found).isEmpty();
    connection.flushIdle(Long.MAX_VALUE);
    assertThat(found).hasSize(1);
    assertThat(counters.faults()).isZero();
    assertThat(counters.open).isZero();
  }

  private void feed(boolean client, String text, long uncaptured) {
    byte[] b = WireCase.bytes(text);
    connection.feed(
        client ? Direction.SENT : Direction.RECEIVED, 1, b, 0, b.length, b.length + uncaptured);
  }
}
