package dev.tethys.app.delivery;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import io.nats.client.Connection;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.PushSubscribeOptions;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** A real nats-server with a stream on its disk, read by NATS's own client. */
@Tag("contrib")
@Tag("slow")
class NatsContractTest extends ExporterContract {
  @TempDir Path folder;

  @Override
  Peer start() throws Exception {
    return startIn(folder);
  }

  @Override
  Peer startIn(Path in) throws Exception {
    PeerProcess process = server(in);
    int port = process.port();
    return new MessagePeer() {
      @Override
      public PeerProcess process() {
        return process;
      }

      @Override
      public String exporter() {
        return "nats";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'nats://127.0.0.1:"
            + at
            + "', subject: 'telemetry.{signal}', encoding: json, stream: telemetry, timeout: 3s";
      }

      @Override
      public void read(Found into) throws Exception {
        NatsContractTest.read(port, body -> message(body, into));
      }

      /** A server whose disk was full turns JetStream off until it is started again. */
      @Override
      public void roomAgain() throws Exception {
        process.killAndRestart();
      }
    };
  }

  /** Starts one whose stream "telemetry" is on disk. */
  static PeerProcess server(Path in) throws Exception {
    Path program = ServerProcess.find("nats-server");
    Path own = Files.createTempDirectory(in, "nats");
    int port = Ports.free();
    Path config =
        Files.writeString(
            own.resolve("nats.conf"),
            "listen: \"127.0.0.1:%d\"\njetstream {store_dir: \"%s/js\", max_file: 8GB}\n"
                .formatted(port, own));
    PeerProcess process =
        new PeerProcess(own, port, List.of(program.toString(), "-c", config.toString()));
    try (Connection c = connect(port)) {
      c.jetStreamManagement()
          .addStream(
              StreamConfiguration.builder()
                  .name("telemetry")
                  .subjects("telemetry.>")
                  .storageType(StorageType.File)
                  .duplicateWindow(Duration.ofMinutes(10))
                  .build());
    }
    return process;
  }

  /** Everything that the stream has, in its order. */
  static void read(int port, Consumer<byte[]> into) throws Exception {
    try (Connection c = connect(port)) {
      long remaining =
          c.jetStreamManagement().getStreamInfo("telemetry").getStreamState().getMsgCount();
      JetStreamSubscription s =
          c.jetStream()
              .subscribe("telemetry.>", PushSubscribeOptions.builder().ordered(true).build());
      for (; remaining > 0; remaining--) {
        Message m = s.nextMessage(TIME_LIMIT);
        if (m == null) {
          throw new AssertionError(remaining + " messages did not come");
        }
        into.accept(m.getData());
      }
    }
  }

  private static Connection connect(int port) throws IOException, InterruptedException {
    return Nats.connect(
        new Options.Builder()
            .server("nats://127.0.0.1:" + port)
            .connectionTimeout(Duration.ofSeconds(30))
            .build());
  }
}
