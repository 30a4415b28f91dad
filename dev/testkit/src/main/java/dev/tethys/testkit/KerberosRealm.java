package dev.tethys.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Kerberos realm with MIT's KDC on loopback, as Debian's {@code krb5-kdc} installs it, in a
 * temporary folder. A test that needs it is skipped if it is not installed.
 */
public final class KerberosRealm implements AutoCloseable {
  /** Realm name. */
  public static final String NAME = "TETHYS.TEST";

  private final Path dir;
  private final Map<String, String> environment;
  private final ServerProcess kdc;

  /**
   * Starts it.
   *
   * @param dir directory for its files
   */
  public KerberosRealm(Path dir) throws IOException, InterruptedException {
    for (String program : List.of("krb5kdc", "kadmin.local", "kdb5_util")) {
      Assumptions.assumeTrue(
          Files.isExecutable(Path.of("/usr/sbin", program)),
          "needs /usr/sbin/" + program + " (apt: krb5-kdc krb5-admin-server)");
    }
    this.dir = dir;
    int port = Ports.free();
    Files.writeString(
        config(),
        """
        [libdefaults]
          default_realm = %1$s
          dns_lookup_kdc = false
          dns_lookup_realm = false
          dns_canonicalize_hostname = false
          rdns = false
          udp_preference_limit = 1
        [realms]
          %1$s = {
            kdc = 127.0.0.1:%2$d
          }
        [domain_realm]
          localhost = %1$s
        [logging]
          kdc = FILE:%3$s/issued.log
        """
            .formatted(NAME, port, dir));
    Path profile = dir.resolve("kdc.conf");
    Files.writeString(
        profile,
        """
        [kdcdefaults]
          kdc_listen = ""
          kdc_tcp_listen = 127.0.0.1:%2$d
        [realms]
          %1$s = {
            database_name = %3$s/principals
            key_stash_file = %3$s/stash
            acl_file = %3$s/acl
            supported_enctypes = aes256-cts:normal
          }
        """
            .formatted(NAME, port, dir));
    environment =
        Map.of("KRB5_CONFIG", config().toString(), "KRB5_KDC_PROFILE", profile.toString());
    run("kdb5_util", "-r", NAME, "create", "-s", "-P", "master");
    kdc =
        new ServerProcess(
            port,
            dir.resolve("kdc.log"),
            environment,
            List.of("/usr/sbin/krb5kdc", "-n", "-r", NAME));
  }

  /** Returns the path of the {@code krb5.conf}. */
  public Path config() {
    return dir.resolve("krb5.conf");
  }

  /** Adds a principal with a password. */
  public void add(String principal, String password) throws IOException, InterruptedException {
    run("kadmin.local", "-r", NAME, "-q", "addprinc -pw " + password + " " + principal);
  }

  /** Adds a principal with a random key, and gives that in a keytab. */
  public Path keytab(String principal) throws IOException, InterruptedException {
    Path file = dir.resolve(principal.replace('/', '-') + ".keytab");
    run("kadmin.local", "-r", NAME, "-q", "addprinc -randkey " + principal);
    run("kadmin.local", "-r", NAME, "-q", "ktadd -k " + file + " " + principal);
    return file;
  }

  private void run(String program, String... args) throws IOException, InterruptedException {
    Path log = dir.resolve(program + ".log");
    ProcessBuilder b =
        new ProcessBuilder()
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.to(log.toFile()));
    b.command().add("/usr/sbin/" + program);
    b.command().addAll(List.of(args));
    b.environment().putAll(environment);
    Process p = b.start();
    p.getOutputStream().close();
    if (!p.waitFor(60, TimeUnit.SECONDS) || p.exitValue() != 0) {
      throw new IOException(program + ": " + Files.readString(log, StandardCharsets.UTF_8));
    }
  }

  /** Returns the log of the KDC, with a line per ticket. */
  public String log() throws IOException {
    return Files.readString(dir.resolve("issued.log"));
  }

  @Override
  public void close() {
    kdc.close();
  }
}
