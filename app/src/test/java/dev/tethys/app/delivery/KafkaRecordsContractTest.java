package dev.tethys.app.delivery;

import dev.tethys.pipeline.Signal;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** A real broker, read by Kafka's client; records are requests of OTLP. */
@Tag("slow")
class KafkaRecordsContractTest extends RecordsContract {
  @TempDir static Path folder;

  /** One for all tests, which have their own topics: it takes its time to start. */
  private static KafkaContractTest.@Nullable Broker shared;

  @AfterAll
  static void stop() throws Exception {
    if (shared != null) {
      shared.close();
      shared = null;
    }
  }

  @Override
  RecordPeer start(Signal signal) throws Exception {
    if (shared == null) {
      shared = KafkaContractTest.Broker.in(folder);
    }
    KafkaContractTest.Broker broker = shared;
    broker.proxy().set(FaultProxy.Fault.NONE); // which may have ended with a test's faults
    String topic = broker.topic("records");
    return new RecordPeer() {
      @Override
      public int port() {
        return broker.proxy().port();
      }

      /** Clients go where the broker says that it is, which is this. */
      @Override
      public FaultProxy proxy() {
        ExporterContract.takesMinutes();
        return broker.proxy();
      }

      @Override
      public String exporter() {
        return "kafka";
      }

      @Override
      public String exporterKeys(int at) {
        return "brokers: ['127.0.0.1:%d'], %s: {topic: %s}, timeout: 3s, producer: {compression: lz4}"
            .formatted(at, signal == Signal.LOGS ? "logs" : "traces", topic);
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return WholeRecords.text(item);
      }

      @Override
      public boolean isHttp() {
        return false;
      }

      @Override
      public void read(FoundRecords into) throws Exception {
        broker.proxy().set(FaultProxy.Fault.NONE); // which may have ended with the faults
        broker.read(topic, body -> WholeRecords.read(signal, body, into));
      }

      @Override
      public boolean killAndRestart() throws Exception {
        ExporterContract.takesMinutes();
        broker.kafka().killAndRestart();
        return true;
      }

      @Override
      public void close() {
        // the broker has restarted
      }
    };
  }
}
