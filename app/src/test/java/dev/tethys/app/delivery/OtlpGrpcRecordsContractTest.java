package dev.tethys.app.delivery;

import dev.tethys.pipeline.Signal;
import io.grpc.Status;
import java.io.IOException;
import org.junit.jupiter.api.Tag;

/** OTLP over gRPC by a server of gRPC's own. */
@Tag("slow")
class OtlpGrpcRecordsContractTest extends RecordsContract {
  @Override
  RecordPeer start(Signal signal) throws IOException {
    GrpcIntake server =
        new GrpcIntake(
            signal == Signal.LOGS
                ? "opentelemetry.proto.collector.logs.v1.LogsService"
                : "opentelemetry.proto.collector.trace.v1.TraceService",
            "Export");
    return new RecordPeer() {
      @Override
      public int port() {
        return server.port();
      }

      @Override
      public String exporter() {
        return "otlp_grpc";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: '127.0.0.1:" + at + "', tls: {insecure: true}";
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return WholeRecords.text(item);
      }

      @Override
      public boolean fill(boolean full) {
        server.refuse(
            full ? Status.INTERNAL.withDescription("write wal/7: no space left on device") : null);
        return true;
      }

      @Override
      public boolean isHttp() {
        return false;
      }

      @Override
      public void read(FoundRecords into) {
        server.bodies().forEach(b -> WholeRecords.read(signal, b, into));
      }

      @Override
      public boolean killAndRestart() throws Exception {
        server.restart();
        return true;
      }

      @Override
      public void close() {
        server.close();
      }
    };
  }
}
