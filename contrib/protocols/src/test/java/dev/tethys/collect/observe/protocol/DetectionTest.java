package dev.tethys.collect.observe.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.protocol.WireCase.Payload;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Recognition of binary protocols: none is mistaken for another one, nor are other bytes for one.
 */
@Tag("slow")
class DetectionTest {
  /** Protocols whose messages start with lengths and tags that other bytes may have, too. */
  private static final Set<Protocol> BINARY =
      EnumSet.of(Protocol.LDAP, Protocol.THRIFT, Protocol.COUCHBASE, Protocol.AEROSPIKE);

  private static final byte[][] TLS = {
    WireCase.bytes("\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03{n64 \\x5a}"),
    WireCase.bytes("\\x17\\x03\\x03\\x00\\x45{n69 \\xa7}"),
    WireCase.bytes("\\x80\\x2e\\x01\\x03\\x01\\x00\\x15\\x00\\x00\\x00\\x10{n37 \\x39}")
  };

  static Stream<WireCase> cases() throws IOException {
    return BackendConnectionTest.cases();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void doesNotMistakeOtherProtocolsForIt(WireCase c) {
    for (Payload p : c.payloads()) {
      for (Protocol protocol : BINARY) {
        if (c.requests().stream().noneMatch(r -> r.startsWith(protocol.name() + "|"))) {
          assertThat(matches(protocol, p.bytes(), p.uncaptured())).as("%s", protocol).isFalse();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void doesNotMistakeItForOtherProtocols(WireCase c) {
    for (Protocol own : BINARY) {
      if (c.requests().stream().noneMatch(r -> r.startsWith(own.name() + "|"))) {
        continue;
      }
      for (Payload p : c.payloads()) {
        for (Protocol other : Protocol.values()) {
          if (other != own) {
            assertThat(matches(other, p.bytes(), p.uncaptured())).as("%s", other).isFalse();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void doesNotMistakeTlsAndTextForIt(Protocol protocol) {
    if (BINARY.contains(protocol)) {
      for (byte[] b : TLS) {
        assertThat(matches(protocol, b, 0)).isFalse();
      }
      for (int c = 0; c < 256; c++) {
        byte[] same = new byte[256];
        java.util.Arrays.fill(same, (byte) c);
        assertThat(matches(protocol, same, 0)).as("bytes %d", c).isFalse();
      }
    }
  }

  @Test
  void doesNotMistakeRandomBytesForIt() {
    Random random = new Random(1);
    for (int i = 0; i < 1_000_000; i++) {
      byte[] b = new byte[8 + random.nextInt(56)];
      random.nextBytes(b);
      if (i % 2 == 0) {
        // Small numbers, as lengths and tags of binary protocols are.
        for (int k = 0; k < b.length; k++) {
          b[k] &= (byte) (random.nextBoolean() ? 0x03 : 0xff);
        }
      }
      for (Protocol protocol : BINARY) {
        assertThat(matches(protocol, b, 0)).as("%s in round %d", protocol, i).isFalse();
      }
    }
  }

  private static boolean matches(Protocol protocol, byte[] bytes, long uncaptured) {
    StreamBuffer in = new StreamBuffer();
    in.append(bytes, 0, bytes.length, bytes.length + uncaptured, 0);
    ProtocolFormat found = Detection.ofRequest(in, ~(1 << protocol.ordinal()));
    return found != null && found.protocol() == protocol;
  }
}
