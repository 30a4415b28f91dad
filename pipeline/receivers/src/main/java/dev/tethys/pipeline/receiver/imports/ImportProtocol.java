package dev.tethys.pipeline.receiver.imports;

import dev.tethys.codec.imports.CsvFormat;
import dev.tethys.codec.imports.ImportLines;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.receiver.points.PointConsumer;
import dev.tethys.pipeline.receiver.points.PointConsumer.Points;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Imports at VictoriaMetrics's paths: {@code /api/v1/import} (JSON lines), {@code
 * /api/v1/import/prometheus} and {@code /api/v1/import/csv}. The response is 204 when every line
 * was accepted; 400 with each rejected line while the others are accepted; 503 if the sender should
 * retry.
 */
public final class ImportProtocol {
  public static final String JSON = "/api/v1/import";
  public static final String TEXT = "/api/v1/import/prometheus";
  public static final String CSV = "/api/v1/import/csv";

  private final PointConsumer to;
  private final LongSupplier millis;

  /**
   * Creates the protocol.
   *
   * @param millis time of samples without one
   */
  public ImportProtocol(PointConsumer to, LongSupplier millis) {
    this.to = to;
    this.millis = millis;
  }

  private interface Format {
    void read(ImportLines lines, byte[] body, Points points);
  }

  /** Adds the paths. */
  public void addTo(HttpServerEndpoint endpoint) {
    endpoint.post(JSON, (q, r) -> take(endpoint, q, r, (l, b, p) -> l.json(b, 0, b.length, p)));
    endpoint.post(
        TEXT,
        (q, r) -> {
          long time = time(q);
          take(endpoint, q, r, (l, b, p) -> l.text(b, 0, b.length, time, p));
        });
    endpoint.post(
        CSV,
        (q, r) -> {
          CsvFormat format;
          try {
            format = CsvFormat.parse(q.query().first("format", ""));
          } catch (IllegalArgumentException e) {
            throw new HttpException(400, String.valueOf(e.getMessage()));
          }
          long time = time(q);
          take(endpoint, q, r, (l, b, p) -> l.csv(b, 0, b.length, format, time, p));
        });
  }

  private long time(HttpRequest q) {
    String t = q.query().first("timestamp", "");
    try {
      return t.isEmpty() ? millis.getAsLong() : Long.parseLong(t);
    } catch (NumberFormatException e) {
      throw new HttpException(400, "timestamp must be Unix milliseconds, not \"" + t + "\"");
    }
  }

  private static Labels extra(HttpRequest q) {
    List<String> all = q.query().all("extra_label");
    LabelsBuilder b = new LabelsBuilder();
    for (String s : all) {
      int eq = s.indexOf('=');
      if (eq <= 0) {
        throw new HttpException(400, "extra_label must be name=value, not \"" + s + "\"");
      }
      b.set(s.substring(0, eq), s.substring(eq + 1));
    }
    return b.build();
  }

  private void take(
      HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response, Format format)
      throws IOException, InterruptedException, BusyException {
    ImportLines lines = new ImportLines(extra(request));
    try (Hold hold = endpoint.admission().open()) {
      byte[] b = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(2L * b.length);
      long lane = PipelinePoints.lane(request.remoteAddress().getAddress());
      try (Points p = to.open(lane, endpoint.metadata(request))) {
        format.read(lines, b, p);
        Outcome o = p.deliver(request);
        endpoint.refused(lines.refusals());
        int refused = lines.refusals().count();
        HttpServerEndpoint.answer(
            response,
            refused == 0
                ? o
                : Outcome.plus(
                    o,
                    new Outcome.Rejected(
                        refused
                            + " lines rejected, the others accepted:\n"
                            + lines.refusals().text(),
                        refused)));
      }
    }
  }
}
