package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A real MariaDB on loopback, with its own folder; the user is root, without a password. */
final class MariadbProcess implements AutoCloseable {
  private final ServerProcess process;
  private final Path socket;

  MariadbProcess(Path dir, String... options) throws IOException, InterruptedException {
    String server = ServerProcess.find("mariadbd").toString();
    String install = ServerProcess.find("mariadb-install-db").toString();
    Path data = Files.createDirectory(dir.resolve("mariadb"));
    for (Path p : List.of(dir, data)) {
      Files.setPosixFilePermissions(p, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    Path log = dir.resolve("install.log");
    Process p =
        new ProcessBuilder(
                install,
                "--no-defaults",
                "--datadir=" + data,
                "--user=" + user(),
                "--auth-root-authentication-method=normal",
                "--skip-test-db")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!p.waitFor(120, TimeUnit.SECONDS) || p.exitValue() != 0) {
      throw new IOException("mariadb-install-db: " + Files.readString(log));
    }
    int port = Ports.free();
    this.socket = dir.resolve("m.sock");
    List<String> command =
        new ArrayList<>(
            List.of(
                server,
                "--no-defaults",
                "--user=" + user(),
                "--datadir=" + data,
                "--bind-address=127.0.0.1",
                "--port=" + port,
                "--socket=" + socket,
                "--log-bin=log",
                "--server-id=7",
                "--userstat=1",
                "--performance-schema=on",
                "--innodb-flush-log-at-trx-commit=0",
                "--skip-name-resolve"));
    command.addAll(List.of(options));
    this.process = new ServerProcess(port, dir.resolve("mariadb.log"), Map.of(), command);
  }

  private static String user() {
    String name = System.getProperty("user.name");
    return name.equals("root") ? "nobody" : name;
  }

  int port() {
    return process.port();
  }

  Path socket() {
    return socket;
  }

  /** A connection of a user. */
  MysqlConnection connect(String user, String password, @Nullable TlsConfig tls)
      throws IOException {
    return MysqlConnection.open(
        new MysqlAddress(null, "127.0.0.1", port(), user, new Secret(password), tls, false, false),
        Deadline.in(Duration.ofSeconds(30)));
  }

  @Override
  public void close() {
    process.close();
  }
}
