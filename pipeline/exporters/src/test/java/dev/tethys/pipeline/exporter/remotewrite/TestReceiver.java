package dev.tethys.pipeline.exporter.remotewrite;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestV2Reader;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** A receiver of remote write that remembers requests and answers as configured. */
final class TestReceiver implements AutoCloseable {
  record Got(Labels labels, long start, long time, double value, @Nullable Histogram histogram) {}

  record Answer(int status, Map<String, String> headers, String body) {
    static final Answer OK = new Answer(204, Map.of(), "");
  }

  final List<Got> samples = new ArrayList<>();
  final List<String> exemplars = new ArrayList<>();
  final List<String> metadata = new ArrayList<>();
  final List<Map<String, List<String>>> requests = new ArrayList<>();
  final Deque<Answer> answers = new ArrayDeque<>();
  boolean knowsV2 = true;
  private final HttpServer server;

  TestReceiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/api/v1/write");
  }

  private synchronized void handle(HttpExchange x) throws IOException {
    try (x) {
      byte[] z = x.getRequestBody().readAllBytes();
      requests.add(Map.copyOf(x.getRequestHeaders()));
      Answer a = answers.poll();
      boolean v2 = x.getRequestHeaders().getFirst("Content-Type").contains("proto=io.");
      if (a == null) {
        a = v2 && !knowsV2 ? new Answer(415, Map.of(), "what?") : Answer.OK;
      }
      if (a.status() / 100 == 2) {
        int before = samples.size();
        int n = SnappyBlock.decodedLength(z, 0, z.length, 1 << 28);
        byte[] raw = new byte[n + SnappyBlock.SLACK];
        SnappyBlock.decode(z, 0, z.length, raw);
        if (v2) {
          second(new WriteRequestV2Reader().reset(raw, 0, n));
          if (a.headers().isEmpty()) {
            long histograms =
                samples.subList(before, samples.size()).stream()
                    .filter(g -> g.histogram() != null)
                    .count();
            x.getResponseHeaders()
                .add(
                    "X-Prometheus-Remote-Write-Samples-Written",
                    "" + (samples.size() - before - histograms));
            x.getResponseHeaders()
                .add("X-Prometheus-Remote-Write-Histograms-Written", "" + histograms);
            x.getResponseHeaders().add("X-Prometheus-Remote-Write-Exemplars-Written", "9");
          }
        } else {
          first(new WriteRequestReader().reset(raw, 0, n));
        }
      }
      a.headers().forEach((k, v) -> x.getResponseHeaders().add(k, v));
      byte[] body = a.body().getBytes(java.nio.charset.StandardCharsets.UTF_8);
      x.sendResponseHeaders(a.status(), body.length == 0 ? -1 : body.length);
      if (body.length > 0) {
        x.getResponseBody().write(body);
      }
    }
  }

  private void first(WriteRequestReader r) {
    while (r.nextSeries()) {
      Labels l =
          WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
      for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
        switch (e) {
          case SAMPLE ->
              samples.add(new Got(l, r.startTimestamp(), r.timestamp(), r.value(), null));
          case HISTOGRAM -> samples.add(new Got(l, 0, r.timestamp(), 0, r.histogram()));
          default -> exemplars.add(l + " " + r.exemplar());
        }
      }
    }
    while (r.nextMetadata()) {
      metadata.add(r.metricFamily() + " " + r.metadata().type() + " " + r.metadata().help());
    }
  }

  private void second(WriteRequestV2Reader r) {
    while (r.nextSeries()) {
      Labels l = WriteRequestV2Reader.LABELS.decode(r.labelBuffer(), 0, r.labelLength());
      for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
        switch (e) {
          case SAMPLE ->
              samples.add(new Got(l, r.startTimestamp(), r.timestamp(), r.value(), null));
          case HISTOGRAM ->
              samples.add(new Got(l, r.startTimestamp(), r.timestamp(), 0, r.histogram()));
          default -> exemplars.add(l + " " + r.exemplar());
        }
      }
      if (r.hasMetadata()) {
        metadata.add(l.metricName() + " " + r.metadata().type() + " " + r.metadata().help());
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
