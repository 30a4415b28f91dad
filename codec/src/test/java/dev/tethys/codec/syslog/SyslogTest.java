package dev.tethys.codec.syslog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SyslogTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final InstantSource CLOCK = () -> NOW;

  private static SyslogMessage read(SyslogFormat f, String text) {
    return read(f, text, ZoneOffset.UTC);
  }

  private static SyslogMessage read(SyslogFormat f, String text, ZoneId zone) {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    return f.read(b, 0, b.length, CLOCK, zone);
  }

  private static Instant time(SyslogMessage m) {
    long t = Objects.requireNonNull(m.timestamp());
    return Instant.ofEpochSecond(
        Math.floorDiv(t, 1_000_000_000L), Math.floorMod(t, 1_000_000_000L));
  }

  /** The examples of RFC 5424, section 6.5. */
  @Test
  void readsTheExamplesOfRfc5424() {
    SyslogMessage m =
        read(
            SyslogFormat.RFC5424,
            "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - "
                + "\ufeff'su root' failed for lonvick on /dev/pts/8");
    assertThat(m.facilityName()).isEqualTo("auth");
    assertThat(m.severityName()).isEqualTo("critical");
    assertThat(m.priority()).isEqualTo(34);
    assertThat(time(m)).isEqualTo("2003-10-11T22:14:15.003Z");
    assertThat(m.hostname()).isEqualTo("mymachine.example.com");
    assertThat(m.appName()).isEqualTo("su");
    assertThat(m.procId()).isEmpty();
    assertThat(m.msgId()).isEqualTo("ID47");
    assertThat(m.message()).isEqualTo("'su root' failed for lonvick on /dev/pts/8");
    m =
        read(
            SyslogFormat.RFC5424,
            "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time.");
    assertThat(time(m)).isEqualTo("2003-08-24T12:14:15.000003Z");
    assertThat(m.procId()).isEqualTo("8710");
    m =
        read(
            SyslogFormat.RFC5424,
            "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47"
                + " [exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"]"
                + "[examplePriority@32473 class=\"high\"]");
    assertThat(m.message()).isNull();
    assertThat(m.structuredData())
        .isEqualTo(
            Map.of(
                "exampleSDID@32473",
                Map.of("iut", "3", "eventSource", "Application", "eventID", "1011"),
                "examplePriority@32473",
                Map.of("class", "high")));
  }

  @Test
  void unescapesStructuredData() {
    SyslogMessage m =
        read(
            SyslogFormat.RFC5424,
            "<13>1 - - - - - [a b=\"q\\\" s\\\\ c\\] n\\n é\" c=\"\"][d] \u00fcber");
    assertThat(m.structuredData().get("a")).isEqualTo(Map.of("b", "q\" s\\ c] n\\n é", "c", ""));
    assertThat(m.structuredData()).containsEntry("d", Map.of());
    assertThat(m.timestamp()).isNull();
    assertThat(m.message()).isEqualTo("über");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no priority",
        "<192>1 - - - - - -",
        "<>1 - - - - - -",
        "<13> - - - - - -",
        "<13>1 yesterday h a p m - x",
        "<13>1 - h a p",
        "<13>1 - h a p m x",
        "<13>1 - h a p m [",
        "<13>1 - h a p m [a b",
        "<13>1 - h a p m [a b=\"c",
        "<13>1 - h a p m [a b=\"c\"",
        "<13>1 - h a p m -x"
      })
  void rejectsInvalidRfc5424(String text) {
    assertThatThrownBy(() -> read(SyslogFormat.RFC5424, text))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("syslog message, byte ");
  }

  @Test
  void readsRfc3164() {
    SyslogMessage m =
        read(
            SyslogFormat.RFC3164,
            "<34>Oct 11 22:14:15 mymachine su[77]: 'su root' failed for lonvick on /dev/pts/8\n");
    // In January, October was last year's.
    assertThat(time(m)).isEqualTo("2025-10-11T22:14:15Z");
    assertThat(m.hostname()).isEqualTo("mymachine");
    assertThat(m.appName()).isEqualTo("su");
    assertThat(m.procId()).isEqualTo("77");
    assertThat(m.message()).isEqualTo("'su root' failed for lonvick on /dev/pts/8");
    m = read(SyslogFormat.RFC3164, "<13>Jan  2 03:04:05 h tag: x", ZoneOffset.ofHours(1));
    assertThat(time(m)).isEqualTo("2026-01-02T02:04:05Z");
    // A clock that is ahead over New Year.
    m =
        SyslogFormat.RFC3164.read(
            "<13>Jan  1 00:00:01 h t: x".getBytes(StandardCharsets.UTF_8),
            0,
            26,
            () -> Instant.parse("2025-12-31T23:59:59Z"),
            ZoneOffset.UTC);
    assertThat(time(m)).isEqualTo("2026-01-01T00:00:01Z");
  }

  @Test
  void readsCommonVariantsOfRfc3164() {
    SyslogMessage m = read(SyslogFormat.RFC3164, "<13>2026-01-02T03:04:05.5+01:00 h app: x");
    assertThat(time(m)).isEqualTo("2026-01-02T02:04:05.500Z");
    assertThat(m.hostname()).isEqualTo("h");
    m = read(SyslogFormat.RFC3164, "<13>Jan  2 03:04:05 root: without a host");
    assertThat(m.hostname()).isEmpty();
    assertThat(m.appName()).isEqualTo("root");
    m = read(SyslogFormat.RFC3164, "<13>Jan  2 03:04:05 h no tag here: it seems");
    assertThat(m.appName()).isEmpty();
    assertThat(m.message()).isEqualTo("no tag here: it seems");
    m = read(SyslogFormat.RFC3164, "<0>just text");
    assertThat(m.timestamp()).isNull();
    assertThat(m.message()).isEqualTo("just text");
    m = read(SyslogFormat.RFC3164, "<14>Feb 30 03:04:05 h t: x");
    assertThat(m.message()).isEqualTo("Feb 30 03:04:05 h t: x");
  }

  private static List<String> frames(String stream, int most) throws IOException {
    SyslogFrames f =
        new SyslogFrames(new ByteArrayInputStream(stream.getBytes(StandardCharsets.UTF_8)), most);
    List<String> out = new ArrayList<>();
    for (byte[] b = f.next(); b != null; b = f.next()) {
      out.add(new String(b, StandardCharsets.UTF_8) + (f.isCut() ? "…" : ""));
    }
    return out;
  }

  @Test
  void longMessagesAccountForTheirMemoryAndFalseLengthsTakeNone() throws IOException {
    AtomicLong memory = new AtomicLong();
    byte[] lie = "99000000 <13>short".getBytes(StandardCharsets.UTF_8);
    assertThat(new SyslogFrames(new ByteArrayInputStream(lie), 1 << 30, memory::addAndGet).next())
        .isNull();
    assertThat(memory.get()).isZero();
    String text = "x".repeat(1_000_000);
    for (String stream : List.of("1000000 " + text, "<" + text, "1" + text.replace('x', '1'))) {
      memory.set(0);
      SyslogFrames f =
          new SyslogFrames(
              new ByteArrayInputStream(stream.getBytes(StandardCharsets.UTF_8)),
              1 << 30,
              memory::addAndGet);
      assertThat(f.next()).hasSizeGreaterThanOrEqualTo(1_000_000);
      assertThat(memory.get()).isBetween(1_000_000L, 5_000_000L);
    }
  }

  @Test
  void extractsMessagesFromStreams() throws IOException {
    assertThat(frames("5 <13>a6 <14>b\n<15>c\n<16>d\0\r\n<17>e", 100))
        .containsExactly("<13>a", "<14>b\n", "<15>c", "<16>d", "<17>e");
    assertThat(frames("10 <13>abcdef<14>second\n<15>longer line\n<16>x\n", 8))
        .containsExactly("<13>abcd…", "<14>seco…", "<15>long…", "<16>x");
    assertThat(frames("12345 <13>not all", 100)).isEmpty();
    assertThat(frames("2026-01-02 a line\n<13>a\n", 100))
        .containsExactly("2026-01-02 a line", "<13>a");
    assertThat(frames("", 100)).isEmpty();
  }
}
