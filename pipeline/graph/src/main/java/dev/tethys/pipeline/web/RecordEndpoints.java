package dev.tethys.pipeline.web;

import dev.tethys.pipeline.graph.GraphView;
import dev.tethys.pipeline.graph.NodeTap;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Params;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;

/**
 * {@code /api/v1/pipelines}: records before and after a node, the way of one record, personal data
 * in exported data.
 */
final class RecordEndpoints {
  /** Taps of nodes and checks at a time. */
  private static final int MAX_READERS = 8;

  private static final int MAX_RECORDS = 100;
  private static final double MAX_SECONDS = 30;

  private final GraphView graph;
  private final TapAccess access;
  private final Semaphore readers = new Semaphore(MAX_READERS);

  RecordEndpoints(GraphView graph, TapAccess access) {
    this.graph = graph;
    this.access = access;
  }

  void addTo(Routes routes) {
    routes
        .get("/api/v1/pipelines/records", this::records)
        .get("/api/v1/pipelines/follow", this::follow)
        .get("/api/v1/pipelines/findings", this::findings)
        .get("/api/v1/pipelines/recommendations", (q, r) -> reading(() -> recommend(q, r)));
  }

  private interface Reading {
    void run() throws IOException, InterruptedException;
  }

  private void reading(Reading r) throws IOException, InterruptedException {
    access.check();
    if (!readers.tryAcquire()) {
      throw new HttpException(
          429, MAX_READERS + " readers inspect records, the limit; try again later");
    }
    try {
      r.run();
    } finally {
      readers.release();
    }
  }

  private void records(HttpRequest q, HttpResponse r) throws IOException, InterruptedException {
    reading(() -> streamRecords(q, r));
  }

  private void streamRecords(HttpRequest q, HttpResponse r)
      throws IOException, InterruptedException {
    Params p = q.query();
    String node = PipelineEndpoints.required(p, "node");
    double perSecond =
        PipelineEndpoints.number(p, "per_second", 1, PipelineEndpoints.MAX_PER_SECOND);
    long count = (long) PipelineEndpoints.number(p, "count", Long.MAX_VALUE, Long.MAX_VALUE);
    int each = (int) PipelineEndpoints.number(p, "records", 20, MAX_RECORDS);
    String contains = text(p, "contains");
    String change = text(p, "change");
    if (!change.isEmpty() && RecordChanges.Change.of(change) == null) {
      throw new HttpException(
          400, "change=" + change + " must be unchanged, changed, only_before or only_after");
    }
    NodeTap tap =
        graph
            .tapNode(node, perSecond)
            .orElseThrow(
                () ->
                    new HttpException(
                        404, "there is no node " + node + "; /api/v1/pipelines lists them"));
    boolean[] gone = new boolean[1];
    try (tap;
        HttpRequest.Watch watch = q.whenClientGone(() -> gone[0] = true);
        OutputStream out = PipelineEndpoints.begin(r)) {
      long skipped = 0;
      for (long n = 0; n < count && !gone[0]; ) {
        NodeTap.NodeBatches passage = tap.next(1000);
        StringBuilder lines = new StringBuilder();
        if (passage != null) {
          for (RecordChanges.Pair pair : RecordChanges.of(passage, access)) {
            String line = pair.json();
            boolean wanted =
                (change.isEmpty() || pair.change() == RecordChanges.Change.of(change))
                    && (contains.isEmpty() || line.contains(contains));
            if (wanted && n < count && linesOf(lines) < each) {
              lines.append(line).append('\n');
              n++;
            }
          }
        }
        if (tap.skipped() > skipped) {
          skipped = tap.skipped();
          lines.append("{\"skippedBatches\":").append(skipped).append("}\n");
        }
        // An empty line detects a disconnected client.
        out.write((lines.isEmpty() ? "\n" : lines.toString()).getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    }
  }

  private static int linesOf(StringBuilder lines) {
    return (int) lines.chars().filter(c -> c == '\n').count();
  }

  private static String text(Params p, String name) {
    String v = p.first(name);
    return v == null ? "" : v;
  }

  /** Follows the first record that matches, until the time limit expires. */
  private void follow(HttpRequest q, HttpResponse r) throws IOException, InterruptedException {
    reading(() -> followOne(q, r));
  }

  private void followOne(HttpRequest q, HttpResponse r) throws IOException, InterruptedException {
    Params p = q.query();
    String signal = PipelineEndpoints.required(p, "signal");
    if (!FollowedRecord.isSignal(signal)) {
      throw new HttpException(400, "signal=" + signal + " must be logs or traces");
    }
    double seconds = PipelineEndpoints.number(p, "seconds", 5, MAX_SECONDS);
    PipelineEndpoints.send(
        r,
        new FollowedRecord(graph, access)
            .follow(signal, text(p, "contains"), seconds)
            .orElseThrow(
                () -> new HttpException(429, "another record is already followed; try later")));
  }

  private void findings(HttpRequest q, HttpResponse r) throws IOException, InterruptedException {
    reading(
        () ->
            PipelineEndpoints.send(
                r,
                DestinationFindings.read(
                    graph, PipelineEndpoints.number(q.query(), "seconds", 5, MAX_SECONDS))));
  }

  private void recommend(HttpRequest q, HttpResponse r) throws IOException, InterruptedException {
    double seconds = PipelineEndpoints.number(q.query(), "seconds", 10, MAX_SECONDS);
    PipelineEndpoints.send(r, new SampledAdvice(graph, access).read(seconds));
  }
}
