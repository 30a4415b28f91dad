package dev.tethys.app.destination;

import dev.tethys.testkit.ClickHouseProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;

/** ClickHouse's own engine. */
class ClickHouseDestinationTest extends StoreContract {
  @TempDir static Path dir;
  private static @Nullable ClickHouseProcess server;

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
      server = null;
    }
  }

  private static ClickHouseProcess in(Path folder) throws Exception {
    return new ClickHouseProcess(Files.createDirectories(folder.resolve("chdb")), "secret");
  }

  @Override
  Peer start() throws Exception {
    if (server == null) {
      server = in(dir);
    }
    return new ClickHousePeer(server, false);
  }

  @Override
  Peer startIn(Path folder) throws Exception {
    return new ClickHousePeer(in(folder), true);
  }
}
