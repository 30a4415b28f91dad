package dev.tethys.collect.database;

import dev.tethys.testkit.TestCertificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Certificates of a test's server and its clients: {@code server}, {@code client}, and an authority
 * that signed neither.
 */
public record TlsFiles(TestCertificates own, TestCertificates strange) {
  /**
   * Makes them.
   *
   * @param dir read by programs that run as another user
   */
  public static TlsFiles in(Path dir) throws IOException {
    Path tls = Files.createDirectory(dir.resolve("tls"));
    Path other = Files.createDirectory(dir.resolve("strange"));
    for (Path p : new Path[] {dir, tls, other}) {
      Files.setPosixFilePermissions(p, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    TestCertificates own = new TestCertificates(tls);
    own.issue("server", "dns:localhost,ip:127.0.0.1");
    own.issue("misnamed", "dns:another.example");
    own.issue("client", "dns:client");
    return new TlsFiles(own, new TestCertificates(other));
  }
}
