package dev.tethys.collect.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.ChunkedReadReader;
import dev.tethys.codec.remote.ReadRequest;
import dev.tethys.codec.remote.ReadResponseReader;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.Appender;
import dev.tethys.testkit.MemoryMetricStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RemoteReadReceiverTest {
  private final MemoryMetricStore store = new MemoryMetricStore();

  private void fill(int series, int samples) {
    try (Appender a = store.appender()) {
      for (int s = 0; s < series; s++) {
        long ref = a.series(Labels.of("__name__", "m", "s", "" + s));
        for (int i = 0; i < samples; i++) {
          a.append(ref, 0, i * 1000L, i);
        }
      }
      a.commit();
    }
  }

  private RemoteReadReceiver receiver(Labels external, RemoteReadOptions o) {
    return new RemoteReadReceiver(store, () -> external, o, ReceiveLimits.DEFAULT, new Registry());
  }

  private static Exchange post(ReadRequest r) {
    byte[] b = r.encode();
    return Exchange.post(SnappyBlock.encode(b, 0, b.length));
  }

  private static ReadRequest request(List<Integer> types, long end, Matcher... matchers) {
    return new ReadRequest(List.of(new ReadRequest.Query(0, end, List.of(matchers), null)), types);
  }

  private static List<String> samples(Exchange e) {
    byte[] b = e.answer.toByteArray();
    byte[] d = new byte[SnappyBlock.decodedLength(b, 0, b.length, 1 << 30) + SnappyBlock.SLACK];
    int n = SnappyBlock.decode(b, 0, b.length, d);
    ReadResponseReader r = new ReadResponseReader().reset(d, 0, n);
    List<String> out = new ArrayList<>();
    while (r.nextResult()) {
      WriteRequestReader s = r.series();
      while (s.nextSeries()) {
        Labels l =
            WriteRequestReader.LABELS.decode(s.labelBuffer(), s.labelOffset(), s.labelLength());
        while (s.next() == SeriesEvent.SAMPLE) {
          out.add(l.toSeriesString() + "@" + s.timestamp() + " " + s.value());
        }
      }
    }
    return out;
  }

  @Test
  void returnsSamplesWithExternalLabels() throws IOException {
    fill(1, 3);
    Exchange e =
        post(request(List.of(), 1000, Matcher.equal("__name__", "m"), Matcher.equal("dc", "x")))
            .to(receiver(Labels.of("dc", "x", "s", "loses"), RemoteReadOptions.DEFAULT));
    assertThat(e.status).isEqualTo(200);
    assertThat(e.headers)
        .containsEntry("Content-Type", "application/x-protobuf")
        .containsEntry("Content-Encoding", "snappy");
    assertThat(samples(e))
        .containsExactly("m{dc=\"x\", s=\"0\"}@0 0.0", "m{dc=\"x\", s=\"0\"}@1000 1.0");
    assertThat(
            samples(
                post(request(List.of(), 1000, Matcher.equal("dc", "y")))
                    .to(receiver(Labels.of("dc", "x"), RemoteReadOptions.DEFAULT))))
        .isEmpty();
  }

  @Test
  void streamsChunksInLabelOrder() throws IOException {
    fill(3, 500);
    Exchange e =
        post(request(List.of(1, 0), 1_000_000, Matcher.equal("__name__", "m")))
            .to(receiver(Labels.of("dc", "x"), new RemoteReadOptions(1, 1, 0)));
    assertThat(e.status).isEqualTo(200);
    assertThat(e.headers)
        .containsEntry(
            "Content-Type",
            "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
    ChunkedReadReader in =
        new ChunkedReadReader(new ByteArrayInputStream(e.answer.toByteArray()), 1 << 20);
    List<String> parts = new ArrayList<>();
    while (in.next((q, l, s) -> parts.add(l.toSeriesString() + " " + s.size))) {}
    assertThat(parts)
        .hasSize(15)
        .isSorted()
        .contains("m{dc=\"x\", s=\"0\"} 120", "m{dc=\"x\", s=\"2\"} 20");
  }

  @Test
  void enforcesTheSampleLimit() throws IOException {
    fill(2, 10);
    Exchange e =
        post(request(List.of(), 100_000, Matcher.equal("__name__", "m")))
            .to(receiver(Labels.EMPTY, new RemoteReadOptions(19, 10, 1000)));
    assertThat(e.summary()).isEqualTo("400 exceeded sample limit (19)");
    assertThat(
            post(request(List.of(), 100_000, Matcher.equal("__name__", "m")))
                .to(receiver(Labels.EMPTY, new RemoteReadOptions(20, 10, 1000)))
                .status)
        .isEqualTo(200);
  }

  @Test
  void rejectsBadRequests() throws IOException {
    RemoteReadReceiver r = receiver(Labels.EMPTY, RemoteReadOptions.DEFAULT);
    assertThat(Exchange.post(new byte[] {1, 2, 3}).to(r).status).isEqualTo(400);
    assertThat(post(request(List.of(7), 1)).to(r).summary())
        .startsWith("400 server does not support any of the requested response types: [7]");
  }
}
