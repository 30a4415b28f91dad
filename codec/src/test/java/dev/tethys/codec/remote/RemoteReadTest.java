package dev.tethys.codec.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.tethys.codec.CodecException;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.SampleBuffer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class RemoteReadTest {
  private static final ReadRequest REQUEST =
      new ReadRequest(
          List.of(
              new ReadRequest.Query(
                  -5,
                  1000,
                  List.of(
                      Matcher.equal("__name__", "up"),
                      Matcher.of(Matcher.Type.NOT_REGEX, "job", "a|b")),
                  new ReadRequest.Hints(1, "rate", 2, 3, List.of("a", "b"), true, 4)),
              new ReadRequest.Query(0, 0, List.of(), null)),
          List.of(1, 0));

  @Test
  void requestsRoundTripAndAgreeWithProtobufJava() throws InvalidProtocolBufferException {
    byte[] b = REQUEST.encode();
    assertThat(ReadRequest.decode(b, 0, b.length)).isEqualTo(REQUEST);
    DynamicMessage m = PromProto.parse(PromProto.V1, "ReadRequest", b);
    assertThat(m.getUnknownFields().asMap()).isEmpty();
    byte[] again = m.toByteArray();
    assertThat(ReadRequest.decode(again, 0, again.length)).isEqualTo(REQUEST);
  }

  @Test
  void rejectsMatcherWithInvalidExpression() {
    byte[] b =
        PromProto.of(
                PromProto.V1,
                "ReadRequest",
                "queries",
                List.of(
                    PromProto.of(
                        PromProto.V1,
                        "Query",
                        "matchers",
                        List.of(
                            PromProto.of(
                                PromProto.V1,
                                "LabelMatcher",
                                "type",
                                2,
                                "name",
                                "a",
                                "value",
                                "(")))))
            .toByteArray();
    assertThatThrownBy(() -> ReadRequest.decode(b, 0, b.length))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("error parsing regexp");
  }

  private static SampleBuffer samples(Random r, int n) {
    SampleBuffer s = new SampleBuffer();
    for (int i = 0; i < n; i++) {
      if (r.nextInt(5) == 0) {
        s.add(0, 1000L * i, Histograms.random(r));
      } else {
        s.add(0, 1000L * i, r.nextGaussian());
      }
    }
    return s;
  }

  @Property(tries = 50)
  void streamedFramesRoundTripAndStaySmall(@ForAll long seed) throws IOException {
    Random r = new Random(seed);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ChunkedReadWriter w = new ChunkedReadWriter(out, 2000);
    Labels a = Labels.of("__name__", "a", "x", "y".repeat(r.nextInt(300)));
    SampleBuffer sa = samples(r, 1 + r.nextInt(2000));
    w.series(0, a, sa);
    w.series(1, Labels.of("__name__", "empty"), new SampleBuffer());
    SampleBuffer sb = samples(r, 3);
    w.series(1, Labels.of("__name__", "b"), sb);
    ChunkedReadReader in =
        new ChunkedReadReader(new ByteArrayInputStream(out.toByteArray()), 1 << 20);
    List<Long> times = new ArrayList<>();
    List<String> names = new ArrayList<>();
    while (in.next(
        (query, labels, s) -> {
          names.add(query + labels.metricName());
          if (query == 0) {
            assertThat(labels).isEqualTo(a);
            for (int i = 0; i < s.size; i++) {
              times.add(s.timestamps[i]);
            }
          }
        })) {}
    assertThat(times).hasSize(sa.size).isSorted();
    assertThat(names).contains("0a", "1b").doesNotContain("1empty");
    if (sa.size > 1500) {
      assertThat(names.size()).isGreaterThan(3);
    }
  }

  @Test
  void framesMatchPrometheus() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SampleBuffer s = new SampleBuffer();
    s.add(0, 1000, 1.5);
    new ChunkedReadWriter(out, 1 << 20).series(3, Labels.of("__name__", "a"), s);
    byte[] b = out.toByteArray();
    assertThat(b[0]).isEqualTo((byte) (b.length - 5));
    DynamicMessage m =
        PromProto.parse(
            PromProto.V1, "ChunkedReadResponse", java.util.Arrays.copyOfRange(b, 5, b.length));
    assertThat(m.getUnknownFields().asMap()).isEmpty();
    assertThat(PromProto.<Long>get(m, "query_index")).isEqualTo(3);
    List<DynamicMessage> series = PromProto.get(m, "chunked_series");
    List<DynamicMessage> chunks = PromProto.get(series.getFirst(), "chunks");
    assertThat(PromProto.<Long>get(chunks.getFirst(), "min_time_ms")).isEqualTo(1000);
    assertThat(PromProto.<Integer>get(chunks.getFirst(), "type")).isEqualTo(1);
    b[b.length - 1] ^= 1;
    assertThatThrownBy(
            () -> new ChunkedReadReader(new ByteArrayInputStream(b), 1 << 20).next((q, l, x) -> {}))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("checksum");
    assertThatThrownBy(
            () -> new ChunkedReadReader(new ByteArrayInputStream(b), 3).next((q, l, x) -> {}))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("exceeded the limit");
  }

  @Test
  void responsesWithSamplesRoundTrip() throws InvalidProtocolBufferException {
    ReadResponseWriter w = new ReadResponseWriter();
    SampleBuffer s = samples(new Random(1), 40);
    w.beginResult();
    w.series(Labels.of("__name__", "a"), s);
    w.endResult();
    w.beginResult();
    w.endResult();
    byte[] b = w.toByteArray();
    assertThat(PromProto.parse(PromProto.V1, "ReadResponse", b).getUnknownFields().asMap())
        .isEmpty();
    ReadResponseReader r = new ReadResponseReader().reset(b, 0, b.length);
    assertThat(r.nextResult()).isTrue();
    assertThat(r.series().nextSeries()).isTrue();
    int n = 0;
    while (r.series().next() != SeriesEvent.END) {
      n++;
    }
    assertThat(n).isEqualTo(40);
    assertThat(r.series().nextSeries()).isFalse();
    assertThat(r.nextResult()).isTrue();
    assertThat(r.series().nextSeries()).isFalse();
    assertThat(r.nextResult()).isFalse();
  }

  @Property(tries = 1000)
  void readsOrRejectsMutatedRequests(@ForAll long seed) {
    Random r = new Random(seed);
    byte[] b = REQUEST.encode();
    for (int i = r.nextInt(4); i >= 0; i--) {
      b[r.nextInt(b.length)] = (byte) r.nextInt(256);
    }
    try {
      assertThat(ReadRequest.decode(b, 0, b.length).queries()).isNotNull();
    } catch (CodecException expected) {
      assertThat(expected.getMessage()).isNotEmpty();
    }
  }
}
