package dev.tethys.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A certificate authority of a test's own, and certificates signed by it, as PEM files in one
 * folder. Made by the JDK's keytool.
 */
public final class TestCertificates {
  private static final String PASSWORD = "changeit";

  private final Path folder;
  private final Path store;

  /** Makes the authority; its certificate is {@link #ca()}. */
  public TestCertificates(Path folder) throws IOException {
    this.folder = folder;
    this.store = folder.resolve("all.p12");
    keytool("-genkeypair", "-alias", "ca", "-dname", "CN=Test CA", "-keyalg", "EC", "-ext", "bc:c");
    write("ca");
  }

  /** The certificate of the authority. */
  public Path ca() {
    return folder.resolve("ca.crt");
  }

  /**
   * Makes {@code name.crt} and {@code name.key}, signed by the authority.
   *
   * @param sans as keytool writes them: {@code dns:localhost,ip:127.0.0.1}
   */
  public void issue(String name, String sans) throws IOException {
    keytool(
        "-genkeypair",
        "-alias",
        name,
        "-signer",
        "ca",
        "-dname",
        "CN=" + name,
        "-keyalg",
        "EC",
        "-ext",
        "san=" + sans);
    write(name);
  }

  /** Makes an RSA pair {@code name.crt} and {@code name.key}, signed by the authority. */
  public void issueRsa(String name, String sans) throws IOException {
    keytool(
        "-genkeypair",
        "-alias",
        name,
        "-signer",
        "ca",
        "-dname",
        "CN=" + name,
        "-keyalg",
        "RSA",
        "-keysize",
        "2048",
        "-ext",
        "san=" + sans);
    write(name);
  }

  /** Makes {@code name.crt} and {@code name.key}, signed by nobody but itself. */
  public void selfSigned(String name, String sans) throws IOException {
    keytool(
        "-genkeypair",
        "-alias",
        name,
        "-dname",
        "CN=" + name,
        "-keyalg",
        "EC",
        "-ext",
        "san=" + sans);
    write(name);
  }

  /** The certificate file of a name. */
  public Path certificate(String name) {
    return folder.resolve(name + ".crt");
  }

  /** The key file of a name. */
  public Path key(String name) {
    return folder.resolve(name + ".key");
  }

  private void keytool(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(Arrays.asList(arguments));
    command.addAll(
        List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
    command.addAll(List.of("-keypass", PASSWORD, "-validity", "2"));
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (p.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + out);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private void write(String alias) throws IOException {
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore ks = KeyStore.getInstance("PKCS12");
      ks.load(in, PASSWORD.toCharArray());
      StringBuilder chain = new StringBuilder();
      for (Certificate c : ks.getCertificateChain(alias)) {
        chain.append(pem("CERTIFICATE", c.getEncoded()));
      }
      Files.writeString(certificate(alias), chain);
      byte[] key = ks.getKey(alias, PASSWORD.toCharArray()).getEncoded();
      Files.writeString(key(alias), pem("PRIVATE KEY", key));
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static String pem(String kind, byte[] der) {
    return "-----BEGIN "
        + kind
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + kind
        + "-----\n";
  }
}
