package dev.tethys.codec.fluent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Bytes are written out by hand, as MessagePack's specification says. */
class ForwardMessageTest {
  private static final int MAX = 1 << 20;

  // [1700000000, {"message": "hi", "n": 200, "x": null}]
  private static final String ENTRY = "92 ce6553f100 83 a76d657373616765 a26869 a16e ccc8 a178 c0";
  // with EventTime 1700000000.5
  private static final String PRECISE = "92 d700 6553f1001dcd6500 81 a36c6f67 c4026869";

  private static byte[] hex(String s) {
    return HexFormat.of().parseHex(s.replace(" ", ""));
  }

  private static ForwardMessage read(byte[] b) throws IOException {
    @Nullable Object[] m = new MsgPackReader(new ByteArrayInputStream(b), MAX).next();
    return ForwardMessage.of(java.util.Objects.requireNonNull(m), MAX, 42, n -> {});
  }

  private static List<LogRecord> records(ForwardMessage m) {
    return m.logs().resources().getFirst().scopes().getFirst().items();
  }

  /** A bomb: values of one byte each, and events of a few, compressed. */
  @Test
  void accountsForMemoryBeforeAllocation() throws IOException {
    byte[] many = new byte[100_005];
    many[0] = (byte) 0x93;
    many[1] = (byte) 0xa1;
    many[2] = 't';
    many[3] = (byte) 0xdc;
    many[4] = (byte) 0xff;
    many[5] = (byte) 0xff; // so many small numbers follow
    AtomicLong memory = new AtomicLong();
    assertThat(new MsgPackReader(new ByteArrayInputStream(many), MAX, memory::addAndGet).next())
        .hasSize(3);
    assertThat(memory.get()).isGreaterThan(2_500_000);
    ByteArrayOutputStream gz = new ByteArrayOutputStream();
    try (GZIPOutputStream g = new GZIPOutputStream(gz)) {
      for (int i = 0; i < 1_000; i++) {
        g.write(hex(ENTRY));
      }
    }
    Attributes options = new Attributes();
    options.put("compressed", "gzip");
    memory.set(0);
    ForwardMessage.of(new Object[] {"t", gz.toByteArray(), options}, MAX, 0, memory::addAndGet);
    assertThat(memory.get()).isGreaterThan(1_000 * 256);
  }

  @Test
  void readsAllModes() throws IOException {
    String tag = "a3612e62";
    ByteArrayOutputStream gz = new ByteArrayOutputStream();
    try (GZIPOutputStream g = new GZIPOutputStream(gz)) {
      g.write(hex(ENTRY));
      g.write(hex(PRECISE));
    }
    String packed = ENTRY + PRECISE;
    String compressed = HexFormat.of().formatHex(gz.toByteArray());
    String option = "82 a56368756e6b a3617878 a4" + "73697a65" + "02";
    List<String> messages =
        List.of(
            "93" + tag + "92" + ENTRY + PRECISE + option,
            "93" + tag + "c4" + length(packed) + packed + option,
            "93" + tag + "d9" + length(packed) + packed + option,
            "93"
                + tag
                + "c4"
                + length(compressed)
                + compressed
                + "82 a56368756e6b a3617878 aa636f6d70726573736564 a4677a6970");
    for (String m : messages) {
      ForwardMessage f = read(hex(m));
      assertThat(f.events()).isEqualTo(2);
      assertThat(f.chunk()).isEqualTo("axx");
      LogRecord first = records(f).getFirst();
      assertThat(first.body()).isEqualTo("hi");
      assertThat(first.timeUnixNano()).isEqualTo(1_700_000_000_000_000_000L);
      assertThat(first.observedTimeUnixNano()).isEqualTo(42);
      assertThat(first.attributes().get("fluent.tag")).isEqualTo("a.b");
      assertThat(first.attributes().get("n")).isEqualTo(200L);
      assertThat(first.attributes().contains("x")).isTrue();
      assertThat(records(f).get(1).timeUnixNano()).isEqualTo(1_700_000_000_500_000_000L);
      assertThat(records(f).get(1).body()).isEqualTo("hi");
    }
    ForwardMessage single = read(hex("93" + tag + ENTRY.substring(2)));
    assertThat(single.events()).isEqualTo(1);
    assertThat(single.chunk()).isNull();
  }

  private static String length(String hex) {
    return HexFormat.of().toHexDigits((byte) hex(hex).length);
  }

  @Test
  void rejectsMalformedMessages() {
    for (String m :
        List.of(
            "81a16101", // a map
            "91a161", // a tag alone
            "93a161a178", // neither a time nor entries
            "92a161 c403ffffff",
            "c1")) {
      assertThatThrownBy(() -> read(hex(m)))
          .as(m)
          .satisfiesAnyOf(
              e -> assertThat(e).isInstanceOf(CodecException.class),
              e -> assertThat(e).isInstanceOf(EOFException.class));
    }
  }

  @Test
  void badEntryAffectsNoOther() throws IOException {
    // an entry that is none, one whose record is no map, one whose time is text
    String bad = "01" + "92 01 01" + "92 a178 80";
    ForwardMessage f = read(hex("92 a161 95" + ENTRY + bad + PRECISE));
    assertThat(f.events()).isEqualTo(2);
    assertThat(f.refusals().kept())
        .extracting(r -> r.item() + ": " + r.why())
        .containsExactly(
            "a, entry 2: an entry is not a list of a time and a record",
            "a, entry 3: the record of an entry is not a map",
            "a, entry 4: entry has no timestamp");
    ForwardMessage single = read(hex("93a161 01 01"));
    assertThat(single.events()).isZero();
    assertThat(single.refusals().count()).isEqualTo(1);
  }

  @Test
  void sizesAreBounded() throws IOException {
    assertThatThrownBy(() -> read(hex("93 a161 01 df7fffffff"))).isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> read(hex("92 a161 c67fffffff"))).isInstanceOf(CodecException.class);
    ByteArrayOutputStream gz = new ByteArrayOutputStream();
    try (GZIPOutputStream g = new GZIPOutputStream(gz)) {
      for (int i = 0; i < MAX / 20; i++) {
        g.write(hex(ENTRY));
      }
    }
    byte[] bomb = gz.toByteArray();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(hex("93 a161 c6"));
    all.writeBytes(java.nio.ByteBuffer.allocate(4).putInt(bomb.length).array());
    all.writeBytes(bomb);
    all.writeBytes(hex("81 aa636f6d70726573736564 a4677a6970"));
    assertThatThrownBy(() -> read(all.toByteArray()))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("too large");
  }

  @Test
  void arbitraryBytesCauseNoOtherOutcome() {
    Random random = new Random(7);
    byte[] valid = hex("93 a3612e62 92" + ENTRY + PRECISE + "81 a56368756e6b a3617878");
    for (int i = 0; i < 20_000; i++) {
      byte[] b = valid.clone();
      for (int k = random.nextInt(1, 4); k > 0; k--) {
        b[random.nextInt(b.length)] = (byte) random.nextInt();
      }
      try {
        @Nullable Object[] m = new MsgPackReader(new ByteArrayInputStream(b), MAX).next();
        if (m != null) {
          ForwardMessage.of(m, MAX, 0, n -> {});
        }
      } catch (CodecException | IOException e) {
        // said
      }
    }
  }
}
