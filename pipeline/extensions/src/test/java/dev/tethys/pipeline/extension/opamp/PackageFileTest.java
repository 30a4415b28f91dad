package dev.tethys.pipeline.extension.opamp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packages that are valid, and those that mean harm. */
class PackageFileTest {
  private @TempDir Path folder;

  private Path zip(String... names) throws IOException {
    Path file = folder.resolve("p.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (String name : names) {
        out.putNextEntry(new ZipEntry(name));
        out.write(new byte[1000]);
        out.closeEntry();
      }
    }
    return file;
  }

  private void refused(long most, String reason, String... names) throws IOException {
    Path file = zip(names);
    assertThatThrownBy(() -> PackageFile.unpack(file, folder.resolve("v"), most))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void unpacksLauncherAndLibraries() throws IOException {
    Path v = folder.resolve("v");
    PackageFile.unpack(zip("tethys", "app/target/lib/a.jar"), v, 10_000);
    assertThat(Files.isExecutable(v.resolve("tethys"))).isTrue();
    assertThat(v.resolve("app/target/lib/a.jar")).hasSize(1000);
  }

  @Test
  void neverWritesOutsideTheFolder() throws IOException {
    for (String name :
        new String[] {"../x", "a/../../x", "/x", "a\\..\\x", "c:x", "..", "a/../tethys"}) {
      refused(10_000, "outside its folder", "tethys", name);
    }
    assertThat(folder.resolve("x")).doesNotExist();
  }

  @Test
  void rejectsTooLargeAndIncompletePackages() throws IOException {
    refused(1500, "more than its limit", "tethys", "a");
    refused(10_000, "has no file tethys", "app/target/lib/a.jar");
    Files.writeString(folder.resolve("p.zip"), "no archive");
    assertThatThrownBy(
            () -> PackageFile.unpack(folder.resolve("p.zip"), folder.resolve("v"), 10_000))
        .isInstanceOf(IOException.class);
  }

  @Test
  void signatureBindsNameVersionAndContent() throws Exception {
    KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    byte[] content = new byte[32];
    Signature s = Signature.getInstance("Ed25519");
    s.initSign(keys.getPrivate());
    s.update(PackageFile.statement("tethys", "2", content));
    byte[] signature = s.sign();
    assertThat(
            PackageFile.verify(
                keys.getPublic(), PackageFile.statement("tethys", "2", content), signature))
        .isTrue();
    assertThat(
            PackageFile.verify(
                keys.getPublic(), PackageFile.statement("tethys", "3", content), signature))
        .isFalse();
    content[0] = 1;
    assertThat(
            PackageFile.verify(
                keys.getPublic(), PackageFile.statement("tethys", "2", content), signature))
        .isFalse();
    assertThat(
            PackageFile.verify(
                keys.getPublic(),
                PackageFile.statement("tethys", "2", content),
                "short".getBytes(StandardCharsets.UTF_8)))
        .isFalse();
    Files.writeString(folder.resolve("key.pem"), "no key");
    assertThatThrownBy(() -> PackageFile.publicKey(folder.resolve("key.pem")))
        .hasMessageContaining("is not an Ed25519 public key");
  }
}
