package dev.tethys.collect.observe.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DnsParserTest {
  private static final long SECOND = 1_000_000_000L;

  private final List<ObservedRequest> found = new ArrayList<>();
  private final ProtocolCounters counters = new ProtocolCounters();
  private final ProtocolConnection socket =
      new ProtocolConnection(found::add, counters, Direction.SENT);

  private static byte[] message(int number, boolean answer, int type) {
    String head = "\0" + (char) number + (answer ? "\u0081" : "\1") + "\0\0\1\0\0\0\0\0\0";
    return (head + "\1a\7example\0\0" + (char) type + "\0\1").getBytes(ISO_8859_1);
  }

  private void feed(long time, int number, boolean answer, int type) {
    byte[] b = message(number, answer, type);
    socket.feed(answer ? Direction.RECEIVED : Direction.SENT, time, b, 0, b.length, b.length);
  }

  private List<String> outcomes() {
    return found.stream().map(r -> r.target() + " " + r.operation() + " " + r.code()).toList();
  }

  @Test
  void reportsUnansweredQueries() {
    feed(SECOND, 1, false, 1);
    feed(SECOND, 1, false, 28);
    feed(2 * SECOND, 1, true, 28);
    socket.flushIdle(4 * SECOND);
    assertThat(outcomes()).containsExactly("a.example TypeAAAA ok");
    socket.flushIdle(7 * SECOND);
    assertThat(outcomes()).containsExactly("a.example TypeAAAA ok", "a.example TypeA timeout");
    feed(8 * SECOND, 1, true, 1); // too late
    assertThat(found).hasSize(2);
    assertThat(found.getLast().isAnswered()).isFalse();
    assertThat(counters.open).isZero();
  }

  @Test
  void repeatedQueryWasUnanswered() {
    feed(SECOND, 1, false, 1);
    feed(3 * SECOND, 1, false, 1);
    feed(4 * SECOND, 1, true, 1);
    assertThat(outcomes()).containsExactly("a.example TypeA timeout", "a.example TypeA ok");
  }

  @Test
  void closedSocketDropsItsQueries() {
    feed(SECOND, 1, false, 1);
    socket.close();
    assertThat(outcomes()).containsExactly("a.example TypeA timeout");
    assertThat(counters.open).isZero();
  }

  @Test
  void doesNotReportQueriesWithPossiblyLostResponses() {
    feed(SECOND, 1, false, 1);
    socket.resynchronise();
    socket.flushIdle(9 * SECOND);
    assertThat(found).isEmpty();
  }
}
