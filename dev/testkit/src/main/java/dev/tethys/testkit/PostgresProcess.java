package dev.tethys.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Real PostgreSQL server on loopback, as Debian installs it, in a temporary folder. It does not run
 * as root: then {@code runuser} starts it as the user nobody. A test that needs it is skipped if it
 * is not installed. // lint:keep: nobody is the name of a user
 */
public final class PostgresProcess implements AutoCloseable {
  private static final Path INSTALLED = Path.of("/usr/lib/postgresql");

  private final Path dir;
  private final Path programs;
  private final int port = Ports.free();
  private String socketFolder = "";
  private final boolean root = "root".equals(System.getProperty("user.name"));

  /**
   * Starts it.
   *
   * @param dir data directory; must be readable by all users
   * @param password password of the user {@code tethys}
   */
  public PostgresProcess(Path dir, String password) throws IOException, InterruptedException {
    this.dir = Files.createDirectory(dir.resolve("postgres"));
    this.programs = programs();
    if (root) {
      Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxrwxrwx"));
      Files.setPosixFilePermissions(this.dir, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    Path secret = this.dir.resolve("password");
    Files.writeString(secret, password);
    run(
        "initdb",
        "--pgdata=" + data(),
        "--username=tethys",
        "--pwfile=" + secret,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync");
    begin();
  }

  private static Path programs() throws IOException {
    Assumptions.assumeTrue(
        Files.isDirectory(INSTALLED), "needs PostgreSQL in " + INSTALLED + " (apt: postgresql)");
    try (Stream<Path> versions = Files.list(INSTALLED)) {
      return versions
          .map(v -> v.resolve("bin"))
          .filter(b -> Files.exists(b.resolve("initdb")))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  private Path data() {
    return dir.resolve("data");
  }

  public int port() {
    return port;
  }

  private void run(String program, String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if (root) {
      command.addAll(List.of("runuser", "-u", "nobody", "--"));
    }
    command.add(programs.resolve(program).toString());
    command.addAll(Arrays.asList(args));
    Path log = dir.resolve(program + ".log");
    Process p =
        new ProcessBuilder(command)
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!p.waitFor(60, TimeUnit.SECONDS) || p.exitValue() != 0) {
      throw new IOException(program + ": " + Files.readString(log, StandardCharsets.UTF_8));
    }
  }

  private void begin() throws IOException, InterruptedException {
    run(
        "pg_ctl",
        "start",
        "--pgdata=" + data(),
        "--wait",
        "--timeout=60",
        "--log=" + dir.resolve("server.log"),
        "--options=-p "
            + port
            + " -c listen_addresses=127.0.0.1 -c unix_socket_directories='"
            + socketFolder
            + "' -c max_connections=40"
            + " -c fsync=off");
  }

  /**
   * Requires Kerberos tickets of clients on loopback.
   *
   * @param type record type in pg_hba.conf: {@code host}, or {@code hostgssenc} to require
   *     encryption with the ticket's key
   * @param keytab keytab of {@code postgres/localhost}
   */
  public void requireTickets(String type, Path keytab) throws IOException, InterruptedException {
    Path own = dir.resolve("server.keytab");
    Files.copy(keytab, own);
    Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rw-r--r--"));
    restart(
        type + " all all 127.0.0.1/32 gss include_realm=0\n",
        "krb_server_keyfile = '" + own + "'\n");
  }

  /**
   * Requires TLS on loopback, with client certificates in the name of the user.
   *
   * @param server certificate {@code server}, and the authority of client certificates
   */
  public void requireCertificates(TestCertificates server)
      throws IOException, InterruptedException {
    StringBuilder settings = new StringBuilder("ssl = on\n");
    for (Path p : List.of(server.ca(), server.certificate("server"), server.key("server"))) {
      Path own = dir.resolve(p.getFileName());
      Files.copy(p, own);
      if (root) { // the server checks the permissions of a key
        Files.setOwner(
            own,
            own.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
      }
      Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rw-------"));
      String what = p.equals(server.ca()) ? "ca" : p.toString().endsWith("key") ? "key" : "cert";
      settings.append("ssl_").append(what).append("_file = '").append(own).append("'\n");
    }
    restart("hostssl all all 127.0.0.1/32 cert\n", settings.toString());
  }

  /**
   * Makes the server also listen on a Unix socket, through which the user that runs the test is
   * {@code tethys} and no other user is admitted.
   *
   * @return the folder of the socket
   */
  public Path requireOwner() throws IOException, InterruptedException {
    Path folder = Files.createDirectory(dir.resolve("socket"));
    if (root) {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    socketFolder = folder.toString();
    Files.writeString(
        data().resolve("pg_ident.conf"), "owner " + System.getProperty("user.name") + " tethys\n");
    restart("local all all peer map=owner\nhost all all 127.0.0.1/32 scram-sha-256\n", "");
    return folder;
  }

  /** Admits all clients on loopback without a password, for proxies in tests. */
  public void trustLoopbackClients() throws IOException, InterruptedException {
    restart("host all all 127.0.0.1/32 trust\n", "");
  }

  private void restart(String access, String settings) throws IOException, InterruptedException {
    run("pg_ctl", "stop", "--pgdata=" + data(), "--mode=fast", "--wait");
    Files.writeString(data().resolve("pg_hba.conf"), access);
    Files.writeString(data().resolve("postgresql.auto.conf"), settings);
    begin();
  }

  /** Ends it as a power failure would, and starts it again over its data. */
  public void killAndRestart() throws IOException, InterruptedException {
    run("pg_ctl", "stop", "--pgdata=" + data(), "--mode=immediate", "--wait");
    begin();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    run("pg_ctl", "stop", "--pgdata=" + data(), "--mode=immediate", "--wait");
  }
}
