package dev.tethys.app.delivery;

import dev.tethys.pipeline.Signal;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** A real nats-server with a stream on its disk, read by NATS's own client; messages are OTLP. */
@Tag("contrib")
@Tag("slow")
class NatsRecordsContractTest extends RecordsContract {
  @TempDir Path folder;

  @Override
  RecordPeer start(Signal signal) throws Exception {
    PeerProcess process = NatsContractTest.server(folder);
    return new RecordPeer() {
      @Override
      public int port() {
        return process.port();
      }

      @Override
      public String exporter() {
        return "nats";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'nats://127.0.0.1:%d', subject: 'telemetry.{signal}', timeout: 3s"
            .formatted(at);
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return WholeRecords.text(item);
      }

      @Override
      public boolean isHttp() {
        return false;
      }

      /** A message that comes again within minutes has the same number, and is stored once. */
      @Override
      public boolean isIdempotent() {
        return true;
      }

      @Override
      public void read(FoundRecords into) throws Exception {
        NatsContractTest.read(process.port(), body -> WholeRecords.read(signal, body, into));
      }

      @Override
      public boolean killAndRestart() throws Exception {
        process.killAndRestart();
        return true;
      }

      @Override
      public void close() throws IOException {
        process.close();
      }
    };
  }
}
