package dev.tethys.codec.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ProtobufParserTest {
  private static final ParserOptions CLASSIC_TOO =
      new ParserOptions(false, true, false, true, false);
  private static final ParserOptions NO_NATIVE =
      new ParserOptions(false, false, false, false, false);
  private static final ParserOptions CONVERT = new ParserOptions(false, true, true, false, false);
  private static final ParserOptions CONVERT_AND_KEEP =
      new ParserOptions(false, true, true, true, false);

  private static byte[] family(String name, int type, Consumer<ProtoWriter> metrics) {
    ProtoWriter w = new ProtoWriter();
    w.string(1, name).string(2, "help of " + name).int64(3, type);
    metrics.accept(w);
    w.string(5, "seconds");
    ProtoWriter all = new ProtoWriter();
    all.varint(w.size()).raw(w.buffer(), 0, w.size());
    return all.toByteArray();
  }

  private static void label(ProtoWriter w, String name, String value) {
    int l = w.begin(1);
    w.string(1, name).string(2, value).end(l);
  }

  private static void exemplar(ProtoWriter w, int field, double value, long seconds) {
    int e = w.begin(field);
    label(w, "id", "x");
    w.float64(2, value);
    if (seconds != 0) {
      int t = w.begin(3);
      w.int64(1, seconds).int64(2, 500_000_000).end(t);
    }
    w.end(e);
  }

  private static byte[] nativeAndClassic() {
    return family(
        "h",
        4,
        w -> {
          int m = w.begin(4);
          label(w, "z", "1");
          label(w, "a", "2");
          int h = w.begin(7);
          w.int64(1, 10).float64(2, 3.5);
          for (double[] b : new double[][] {{1, 4}, {2.5, 9}}) {
            int bucket = w.begin(3);
            w.int64(1, (long) b[1]).float64(2, b[0]);
            exemplar(w, 3, b[0], b[0] == 1 ? 0 : 7);
            w.end(bucket);
          }
          w.sint64(5, 3).float64(6, 0.001).int64(7, 2);
          int span = w.begin(9);
          w.sint64(1, -2).int64(2, 2).end(span);
          int packed = w.begin(10);
          w.signedVarint(3).signedVarint(-3).end(packed);
          span = w.begin(12);
          w.sint64(1, 1).int64(2, 1).end(span);
          span = w.begin(12);
          w.sint64(1, 2).int64(2, 1).end(span);
          w.sint64(13, 1).sint64(13, 3); // not packed
          w.end(h);
          w.int64(6, 1234);
          w.end(m);
        });
  }

  @Test
  void readsNativeHistograms() {
    assertThat(Transcript.protobuf(nativeAndClassic(), ParserOptions.DEFAULT))
        .containsExactly(
            "HELP h help of h",
            "UNIT h seconds",
            "TYPE h histogram",
            "h{a=\"2\", z=\"1\"} {int hint:UNKNOWN schema:3 zero:0.001/2.0 count:10.0 sum:3.5"
                + " +[1, 1, 2, 1][1.0, 4.0] -[-2, 1][3.0]} @1234 # {id=\"x\"} 2.5 @7500");
  }

  @Test
  void returnsClassicPartOnRequest() {
    List<String> classic =
        List.of(
            "h_count{a=\"2\", z=\"1\"} 10 @1234",
            "h_sum{a=\"2\", z=\"1\"} 3.5 @1234",
            "h_bucket{a=\"2\", le=\"1.0\", z=\"1\"} 4 @1234 # {id=\"x\"} 1 @-1",
            "h_bucket{a=\"2\", le=\"2.5\", z=\"1\"} 9 @1234 # {id=\"x\"} 2.5 @7500",
            "h_bucket{a=\"2\", le=\"+Inf\", z=\"1\"} 10 @1234");
    String converted =
        "h{a=\"2\", z=\"1\"} {int hint:UNKNOWN schema:-53 zero:0.0/0.0 count:10.0 sum:3.5"
            + " +[0, 3][4.0, 5.0, 1.0] -[][] bounds:[1.0, 2.5]} @1234 # {id=\"x\"} 2.5 @7500";
    assertThat(Transcript.protobuf(nativeAndClassic(), CLASSIC_TOO))
        .hasSize(4 + classic.size())
        .endsWith(classic.toArray(String[]::new));
    assertThat(Transcript.protobuf(nativeAndClassic(), NO_NATIVE))
        .hasSize(3 + classic.size())
        .endsWith(classic.toArray(String[]::new));
    ParserOptions convertOnly = new ParserOptions(false, false, true, false, false);
    assertThat(Transcript.protobuf(nativeAndClassic(), convertOnly)).hasSize(4).endsWith(converted);
    ParserOptions convertKeep = new ParserOptions(false, false, true, true, false);
    assertThat(Transcript.protobuf(nativeAndClassic(), convertKeep))
        .hasSize(4 + classic.size())
        .endsWith(converted);
    // A native histogram is never converted.
    assertThat(Transcript.protobuf(nativeAndClassic(), CONVERT)).hasSize(4);
    assertThat(Transcript.protobuf(nativeAndClassic(), CONVERT_AND_KEEP)).hasSize(9);
  }

  @Test
  void readsTheSimpleKinds() {
    byte[] counter =
        family(
            "c_total",
            0,
            w -> {
              int m = w.begin(4);
              int c = w.begin(3);
              w.float64(1, 5);
              exemplar(w, 2, 1, 3);
              int t = w.begin(3);
              w.int64(1, 100).int64(2, 7_000_000).end(t);
              w.end(c);
              w.end(m);
            });
    assertThat(Transcript.protobuf(counter, ParserOptions.DEFAULT))
        .endsWith("TYPE c_total counter", "c_total 5 st@100007 # {id=\"x\"} 1 @3500");
    byte[] summary =
        family(
            "s",
            2,
            w -> {
              for (int i = 0; i < 2; i++) {
                int m = w.begin(4);
                label(w, "i", "" + i);
                int s = w.begin(4);
                w.int64(1, 5).float64(2, 6);
                if (i == 1) {
                  int q = w.begin(3);
                  w.float64(1, 1).float64(2, 8).end(q);
                }
                w.end(s);
                w.end(m);
              }
            });
    assertThat(Transcript.protobuf(summary, ParserOptions.DEFAULT))
        .endsWith(
            "s_count{i=\"0\"} 5",
            "s_sum{i=\"0\"} 6",
            "s_count{i=\"1\"} 5",
            "s_sum{i=\"1\"} 6",
            "s{i=\"1\", quantile=\"1.0\"} 8");
    assertThat(Transcript.protobuf(family("empty", 1, w -> {}), ParserOptions.DEFAULT)).isEmpty();
  }

  @Test
  void rejectsWithPositionAndReason() {
    byte[] good = nativeAndClassic();
    for (int n = 1; n < good.length; n++) {
      byte[] cut = java.util.Arrays.copyOf(good, n);
      assertThatThrownBy(() -> Transcript.protobuf(cut, ParserOptions.DEFAULT))
          .isInstanceOf(ExpositionException.class)
          .hasMessageStartingWith("byte 0: ");
    }
    assertThatThrownBy(() -> Transcript.protobuf(family("x", 9, w -> w.end(w.begin(4))), NO_NATIVE))
        .hasMessage("byte 0: unknown metric type for metric \"x\": 9");
    byte[] spans =
        family(
            "x",
            4,
            w -> {
              int m = w.begin(4);
              int h = w.begin(7);
              int s = w.begin(12);
              w.sint64(1, 0).int64(2, 0xffffffffL).end(s);
              w.end(h);
              w.end(m);
            });
    assertThatThrownBy(() -> Transcript.protobuf(spans, ParserOptions.DEFAULT))
        .hasMessage(
            "byte 0: histogram \"x\": positive side: spans require 4294967295 buckets, have 0");
  }

  @Test
  void keysOfDifferentSeriesDiffer() {
    byte[] b = nativeAndClassic();
    ExpositionParser p = ExpositionParsers.protobuf(b, 0, b.length, CLASSIC_TOO);
    Set<String> keys = new HashSet<>();
    int samples = 0;
    for (var e = p.next(); e != ExpositionParser.Event.END; e = p.next()) {
      if (e == ExpositionParser.Event.SERIES || e == ExpositionParser.Event.HISTOGRAM) {
        samples++;
        keys.add(
            new String(
                p.buffer(),
                p.keyOffset(),
                p.keyLength(),
                java.nio.charset.StandardCharsets.ISO_8859_1));
      }
    }
    assertThat(keys).hasSize(samples).hasSize(6);
  }

  @Test
  void readsTheRecordedExpositions() throws IOException {
    for (String f : List.of("protobuf", "protobuf-multimessage")) {
      byte[] b = Files.readAllBytes(Shared.conformance("common/expfmt/" + f));
      assertThat(Transcript.protobuf(b, ParserOptions.DEFAULT)).as(f).isNotEmpty();
    }
  }
}
