package dev.tethys.app.delivery;

import com.google.protobuf.InvalidProtocolBufferException;
import com.sun.net.httpserver.HttpExchange;
import dev.tethys.pipeline.Signal;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.util.Locale;
import org.junit.jupiter.api.Tag;

/** OTLP over HTTP by a double that reads requests with OpenTelemetry's own classes. */
@Tag("slow")
class OtlpHttpRecordsContractTest extends RecordsContract {
  @Override
  RecordPeer start(Signal signal) throws IOException {
    String path = "/v1/" + signal.name().toLowerCase(Locale.ROOT);
    HttpIntake server = new HttpIntake(path, (x, body) -> judge(signal, x, body));
    return new IntakePeer(server, "otlp_http") {
      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:" + at + "'";
      }

      /** As Prometheus answers, whose status is permanent in the specification. */
      @Override
      HttpIntake.Reply fullDisk() {
        return new HttpIntake.Reply(500, "write /data/wal/00000001: no space left on device");
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return WholeRecords.text(item);
      }

      @Override
      void read(byte[] body, FoundRecords into) {
        WholeRecords.read(signal, body, into);
      }
    };
  }

  private static HttpIntake.Reply judge(Signal signal, HttpExchange x, byte[] body) {
    if (!"application/x-protobuf".equals(x.getRequestHeaders().getFirst("Content-Type"))) {
      return new HttpIntake.Reply(415, "");
    }
    try {
      var parser =
          signal == Signal.LOGS
              ? ExportLogsServiceRequest.parser()
              : ExportTraceServiceRequest.parser();
      parser.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      return new HttpIntake.Reply(400, "");
    }
    return new HttpIntake.Reply(200, "");
  }
}
