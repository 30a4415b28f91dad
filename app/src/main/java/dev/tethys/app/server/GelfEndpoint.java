package dev.tethys.app.server;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.loki.EntryColumns;
import dev.tethys.collect.logs.gelf.GelfMessage;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.logs.LogIngester;
import dev.tethys.model.storage.StorageException;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import java.io.IOException;

/**
 * GELF over HTTP, {@code /gelf}: one message in a request, answered by 202 as Graylog does. The
 * line is the JSON as it came; host, facility and level are labels.
 */
final class GelfEndpoint {
  private static final String PATH = "/gelf";

  private final LogIngester ingester;

  GelfEndpoint(LogIngester ingester) {
    this.ingester = ingester;
  }

  void addTo(HttpServerEndpoint endpoint) {
    endpoint.post(PATH, (q, r) -> take(endpoint, q, r));
  }

  /** Returns the stream labels of a message. */
  private static Labels labels(GelfMessage m) {
    LabelsBuilder b = new LabelsBuilder().set("job", "gelf");
    b.set("host", m.host()).set("facility", m.facility()).set("level", m.level());
    return b.build();
  }

  private void take(HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, BusyException {
    Scope scope = RequestScope.of(request);
    LogBatch batch = new LogBatch();
    try (Hold hold = endpoint.admission().open()) {
      byte[] body =
          GelfMessage.decompressed(
              endpoint.body(request, endpoint.compression(request), hold), request::reserve);
      if (body.length > GelfMessage.MAX_BYTES) {
        throw new HttpException(
            413, "message has " + body.length + " bytes; limit " + GelfMessage.MAX_BYTES);
      }
      hold.take(4L * body.length);
      add(GelfMessage.read(body), batch);
    } catch (CodecException e) {
      ingester.discarded(scope.tenant(), "invalid_entry", 1);
      throw new HttpException(400, String.valueOf(e.getMessage()));
    }
    LogAppendResult result;
    try {
      result = ingester.append(scope, batch);
    } catch (StorageException e) {
      throw new HttpException(503, String.valueOf(e.getMessage()));
    }
    if (result.refusals().isEmpty()) {
      response.status(202).send();
    } else {
      throw new HttpException(400, result.text());
    }
  }

  private void add(GelfMessage m, LogBatch batch) {
    Long time = m.time();
    LogEntry entry = new LogEntry(labels(m), time == null ? ingester.now() : time, m.line());
    new EntryColumns(batch).add(entry, entry.timestamp());
  }
}
