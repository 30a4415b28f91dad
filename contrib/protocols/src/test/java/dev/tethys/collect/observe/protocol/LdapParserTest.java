package dev.tethys.collect.observe.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LdapParserTest {
  private static final String SEARCH =
      "\\x02\\x01\\x02c{i1 \\x04\\x00\\x0a\\x01\\x00\\x0a\\x01\\x00\\x02\\x01\\x00\\x02\\x01\\x00"
          + "\\x01\\x01\\x00\\x87\\x02cn0\\x00}";

  private final ProtocolCounters counters = new ProtocolCounters();
  private final List<ObservedRequest> found = new ArrayList<>();
  private final ProtocolConnection connection =
      new ProtocolConnection(found::add, counters, Direction.SENT);

  /** A filter may be nested as often as its bytes allow, and its lengths may lie. */
  @Test
  void boundsNestedFilters() {
    StringBuilder filter = new StringBuilder();
    for (int i = 0; i < 2000; i++) {
      filter.append("\\xa2\\x83\\x00\\x20\\x00");
    }
    feed(
        true,
        "0\\x84\\x00\\x00\\x40\\x20\\x02\\x01\\x02c\\x84\\x00\\x00\\x40\\x10\\x04\\x00\\x0a\\x01\\x00"
            + "\\x0a\\x01\\x00\\x02\\x01\\x00\\x02\\x01\\x00\\x01\\x01\\x00"
            + filter,
        20_000);
    feed(false, "0\\x0c\\x02\\x01\\x02e\\x07\\x0a\\x01\\x00\\x04\\x00\\x04\\x00", 0);
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().statement())
        .startsWith("(!(!(!")
        .contains("...")
        .hasSizeLessThan(200);
    assertThat(counters.faults()).isZero();
  }

  @Test
  void invalidLdapLengthsAreNotMessages() {
    feed(true, "0{i1 " + SEARCH + "}", 0);
    for (String length :
        List.of(
            "\\x80", // indefinite
            "\\x84\\xff\\xff\\xff\\xff", // 4 GB
            "\\x84\\x7f\\xff\\xff\\xff",
            "\\x85\\x00\\x00\\x00\\x00\\x20",
            "\\x88\\x7f\\xff\\xff\\xff\\xff\\xff\\xff\\xff",
            "\\xff\\xff\\xff\\xff\\xff\\xff\\xff")) {
      ProtocolCounters of = new ProtocolCounters();
      ProtocolConnection c = new ProtocolConnection(found::add, of, Direction.SENT);
      byte[] good = WireCase.bytes("0{i1 " + SEARCH + "}");
      byte[] bad = WireCase.bytes("0" + length + SEARCH);
      c.feed(Direction.SENT, 1, good, 0, good.length, good.length);
      c.feed(Direction.SENT, 2, bad, 0, bad.length, 1L << 32);
      assertThat(of.malformed()).as(length).isEqualTo(1);
      assertThat(c.retained()).isZero();
    }
    assertThat(found).isEmpty();
  }

  /** Entries that are cut in a read have more of each read captured. */
  @Test
  void capturesMoreOfMultiMessageResponses() {
    feed(true, "0{i1 " + SEARCH + "}", 0);
    feed(false, "0\\x0b\\x02\\x01\\x02d\\x06\\x04\\x01x0\\x010", 5000);
    assertThat(connection.isPipelined()).isTrue();
    assertThat(found).isEmpty();
    connection.flushIdle(2_000_000_000L);
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().status()).isEqualTo(ObservedRequest.Status.UNKNOWN);
  }

  private void feed(boolean client, String text, long uncaptured) {
    byte[] b = WireCase.bytes(text);
    connection.feed(
        client ? Direction.SENT : Direction.RECEIVED, 1, b, 0, b.length, b.length + uncaptured);
  }
}
