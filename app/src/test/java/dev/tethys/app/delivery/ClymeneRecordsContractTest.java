package dev.tethys.app.delivery;

import com.google.protobuf.CodedInputStream;
import dev.tethys.pipeline.Signal;
import io.grpc.Status;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import tools.jackson.databind.JsonNode;

/**
 * A gateway of Clymene that takes log lines over gRPC ({@code logproto.Gateway}), by a server of
 * gRPC's own: of a record its resource, its time and its text are kept. Times tell which it is.
 */
@Tag("slow")
class ClymeneRecordsContractTest extends RecordsContract {
  @Override
  Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  RecordPeer start(Signal signal) throws IOException {
    GrpcIntake gateway = new GrpcIntake("logproto.Gateway", "TransferBatch");
    return new RecordPeer() {
      @Override
      public int port() {
        return gateway.port();
      }

      @Override
      public String exporter() {
        return "clymene";
      }

      @Override
      public String exporterKeys(int at) {
        return "grpc: {endpoint: '127.0.0.1:" + at + "', tls: {insecure: true}}";
      }

      @Override
      public String kept(KnownRecords.Item item) {
        Map<String, String> labels = new TreeMap<>();
        for (KeyValue a : item.resource().getAttributesList()) {
          labels.put(
              "label " + a.getKey().replaceAll("[^a-zA-Z0-9_]", "_"),
              KeptValues.text(a.getValue()));
        }
        LogRecord r = item.log();
        long time = r.getTimeUnixNano() == 0 ? r.getObservedTimeUnixNano() : r.getTimeUnixNano();
        return labels + " " + time + " " + KeptValues.normal(KeptValues.text(r.getBody()));
      }

      @Override
      public boolean fill(boolean full) {
        gateway.refuse(
            full ? Status.UNKNOWN.withDescription("write wal/7: no space left on device") : null);
        return true;
      }

      @Override
      public boolean isHttp() {
        return false;
      }

      @Override
      public void read(FoundRecords into) throws IOException {
        for (byte[] request : gateway.bodies()) {
          CodedInputStream in = CodedInputStream.newInstance(request);
          in.readTag(); // a Batch has one field, which is JSON
          lines(Found.json(new String(in.readByteArray(), StandardCharsets.UTF_8)), into);
        }
      }

      @Override
      public boolean killAndRestart() throws Exception {
        gateway.restart();
        return true;
      }

      @Override
      public void close() {
        gateway.close();
      }
    };
  }

  private static void lines(JsonNode request, FoundRecords into) {
    for (var stream : request.path("batch").path("streams").properties()) {
      JsonNode s = stream.getValue();
      String written = s.path("labels").asString();
      if (!written.equals(stream.getKey())) {
        throw new AssertionError("a stream under other labels than its own: " + stream.getKey());
      }
      Map<String, String> labels =
          written.equals("{}") ? Map.of() : LokiRecordsContractTest.labels(written);
      for (JsonNode e : s.path("entries")) {
        Instant t = Instant.parse(e.path("ts").asString());
        long time = t.getEpochSecond() * 1_000_000_000 + t.getNano();
        String line = KeptValues.normal(e.path("line").asString());
        into.add(KnownRecords.idAt(time), labels + " " + time + " " + line);
      }
    }
  }
}
