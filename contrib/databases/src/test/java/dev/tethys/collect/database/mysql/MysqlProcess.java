package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.DebianRoot;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** A real MySQL of a {@link DebianRoot} on loopback; the user is root, without a password. */
final class MysqlProcess implements AutoCloseable {
  private static final String PROGRAM = "/usr/sbin/mysqld";

  private final DebianRoot root;
  private final ServerProcess process;

  /**
   * @param dir of the log
   */
  MysqlProcess(Path dir) throws IOException, InterruptedException {
    root = DebianRoot.with(PROGRAM);
    root.run(
        PROGRAM,
        "--no-defaults",
        "--initialize-insecure",
        "--datadir=" + root.inside("data"),
        "--user=root");
    int port = Ports.free();
    process =
        new ServerProcess(
            port,
            dir.resolve("mysqld.log"),
            Map.of(),
            root.command(
                PROGRAM,
                "--no-defaults",
                "--user=root",
                "--datadir=" + root.inside("data"),
                "--port=" + port,
                "--bind-address=127.0.0.1",
                "--socket=" + root.inside("s.sock"),
                "--pid-file=" + root.inside("pid"),
                "--mysqlx=OFF",
                "--secure-file-priv=NULL"));
  }

  int port() {
    return process.port();
  }

  MysqlConnection connect(String user, String password) throws IOException {
    return MysqlConnection.open(
        new MysqlAddress(null, "127.0.0.1", port(), user, new Secret(password), null, false, false),
        Deadline.in(Duration.ofSeconds(60)));
  }

  @Override
  public void close() throws IOException {
    process.close();
    root.close();
  }
}
