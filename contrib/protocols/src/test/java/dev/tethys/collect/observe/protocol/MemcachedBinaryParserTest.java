package dev.tethys.collect.observe.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemcachedBinaryParserTest {
  private static final int GET_QUIETLY = 0x0d;
  private static final int NOOP = 0x0a;
  private static final int HELLO = 0x1f;

  private final ProtocolCounters counters = new ProtocolCounters();
  private final List<ObservedRequest> found = new ArrayList<>();
  private final ProtocolConnection connection =
      new ProtocolConnection(found::add, counters, Direction.SENT);

  /** Quiet commands that are never answered take no more than their share, and do no harm. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void quietCommandsAreBounded(boolean equalNumbers) {
    for (int round = 1; round <= 2; round++) {
      for (int i = 0; i < 10_000; i++) {
        send(0x80, GET_QUIETLY, 1, equalNumbers ? 0 : i, "k");
      }
      send(0x80, NOOP, 0, equalNumbers ? 0 : 10_000, "");
      receive(NOOP, equalNumbers ? 0 : 10_000);
      assertThat(counters.open).isZero();
      assertThat(found).hasSize(round * 1025);
      assertThat(found.getLast().operation()).isEqualTo("noop");
      assertThat(counters.shed()).isEqualTo(round * (10_000 - 1024));
    }
    assertThat(connection.protocol()).isEqualTo(Protocol.MEMCACHED);
  }

  /** Memcached answers several keys in one call of many segments, of which some are captured. */
  @Test
  void countsCommandsWithUnseenResponses() {
    for (int round = 1; round <= 3; round++) {
      for (int i = 0; i < 9; i++) {
        send(0x80, GET_QUIETLY, 1, i, "k");
      }
      send(0x80, NOOP, 0, 9, "");
      receive(GET_QUIETLY, 0);
      connection.feed(Direction.RECEIVED, 1, new byte[0], 0, 0, 240);
      assertThat(found).hasSize(10 * round - 9);
      connection.flushIdle(0);
      send(0x80, NOOP, 0, 10, "");
      assertThat(found).hasSize(10 * round);
      connection.resynchronise();
    }
    assertThat(counters.open).isZero();
  }

  /** A capture that begins with commands that both know is found to be Couchbase's later. */
  @Test
  void findsCouchbaseAfterMemcachedCommands() {
    send(0x80, NOOP, 0, 1, "");
    receive(NOOP, 1);
    assertThat(connection.protocol()).isEqualTo(Protocol.MEMCACHED);
    send(0x80, HELLO, 1, 2, "a");
    receive(HELLO, 2);
    assertThat(connection.protocol()).isEqualTo(Protocol.COUCHBASE);
    assertThat(found).extracting(ObservedRequest::operation).containsExactly("noop", "hello");
  }

  @Test
  void bodiesOfFourGigabytesAreNotMessages() {
    send(0x80, HELLO, 1, 2, "a");
    ByteBuffer b = ByteBuffer.allocate(24).put(0, (byte) 0x80).put(1, (byte) 1).putInt(8, -1);
    connection.feed(Direction.SENT, 1, b.array(), 0, 24, 1L << 32);
    assertThat(counters.malformed()).isEqualTo(1);
    // The body is shorter than its parts.
    b.putInt(8, 0).put(4, (byte) 8);
    connection.feed(Direction.SENT, 1, b.array(), 0, 24, 24);
    assertThat(counters.malformed()).isEqualTo(2);
    assertThat(connection.retained()).isZero();
  }

  private void send(int magic, int opcode, int keyLength, int number, String key) {
    feed(true, magic, opcode, keyLength, number, key);
  }

  private void receive(int opcode, int number) {
    feed(false, 0x81, opcode, 0, number, "");
  }

  private void feed(boolean client, int magic, int opcode, int keyLength, int number, String key) {
    ByteBuffer b = ByteBuffer.allocate(24 + keyLength);
    b.put((byte) magic).put((byte) opcode).putShort((short) keyLength);
    b.putInt(8, keyLength).putInt(12, number);
    b.put(24, key.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    connection.feed(
        client ? Direction.SENT : Direction.RECEIVED, 1, b.array(), 0, b.capacity(), b.capacity());
  }
}
