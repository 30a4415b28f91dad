package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.PostgresProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real PostgreSQL. */
@Tag("contrib")
@Tag("slow")
class PostgresExporterTest extends StoreContract {
  @TempDir static Path dir;
  private static @Nullable PostgresProcess server;

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
      server = null;
    }
  }

  @Override
  Peer start() throws Exception {
    if (server == null) {
      server = new PostgresProcess(dir, "secret");
    }
    return new PostgresPeer(server, false);
  }

  @Override
  Peer startIn(Path folder) throws Exception {
    return new PostgresPeer(new PostgresProcess(folder, "secret"), true);
  }

  @Test
  void readsPasswordsFromAFile() throws Exception {
    Peer peer = started();
    Path file =
        Files.writeString(
            dir.resolve("pgpass"),
            """
            # as psql reads it
            otherhost:*:*:tethys:wrong
            127.0.0.1:%d:other\\:base:tethys:wrong
            127.0.0.1:*:postgres:tethys:secret
            *:*:*:*:wrong
            """
                .formatted(peer.port()));
    String keys =
        peer.exporterKeys(peer.port()).replace("password: secret", "passfile: '" + file + "'");
    Batch b = KnownSamples.one();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    try (TestPipeline p = new TestPipeline(Signal.METRICS, "postgresql", keys)) {
      p.send(b);
      TestPipeline.await("others may read it", TIME_LIMIT, () -> p.repeated() > 0);
      assertThat(p.balance().out()).isZero();
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(1);
    }
  }
}
