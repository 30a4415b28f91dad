package dev.tethys.app.destination;

import dev.tethys.testkit.PostgresProcess;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;

/** A real PostgreSQL. */
class PostgresDestinationTest extends StoreContract {
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
}
