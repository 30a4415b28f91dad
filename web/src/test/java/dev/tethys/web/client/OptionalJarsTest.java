package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptionalJarsTest {
  @TempDir Path folder;

  @Test
  void reportsMissingJarsWithTheirFolder() {
    Path none = folder.resolve("none");
    assertThatThrownBy(() -> OptionalJars.find(PskTls.class, none, "Something rare"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Something rare requires the jars of " + none);
    assertThatThrownBy(() -> OptionalJars.find(PskTls.class, folder, "Something rare"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Something rare requires the jars of " + folder);
  }

  /** The sender retries later; an error would end its thread. */
  @Test
  void reportsIncompleteJarsWithTheirFolder() throws Exception {
    Path jars = Files.createDirectory(folder.resolve("some"));
    try (ZipOutputStream jar =
        new ZipOutputStream(Files.newOutputStream(jars.resolve("half.jar")))) {
      jar.putNextEntry(new ZipEntry("META-INF/services/" + PskTls.class.getName()));
      jar.write("NotThere\n".getBytes(StandardCharsets.UTF_8));
    }
    assertThatThrownBy(() -> OptionalJars.find(PskTls.class, jars, "Something rare"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Something rare cannot use the jars of " + jars)
        .hasMessageContaining("NotThere");
  }

  @Test
  void loadsJarsOutsideTheClassPath() throws Exception {
    Path source =
        Files.writeString(
            folder.resolve("Beside.java"),
            """
            public class Beside implements dev.tethys.web.client.PskTls {
              public Secured secure(java.io.InputStream in, java.io.OutputStream out, Offer offer) {
                return new Secured(in, out);
              }
            }
            """);
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                OutputStream.nullOutputStream(),
                null,
                "-cp",
                Path.of(PskTls.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                    .toString(),
                source.toString());
    assertThat(status).isZero();
    Path jars = Files.createDirectory(folder.resolve("psk"));
    try (ZipOutputStream jar =
        new ZipOutputStream(Files.newOutputStream(jars.resolve("beside.jar")))) {
      jar.putNextEntry(new ZipEntry("Beside.class"));
      jar.write(Files.readAllBytes(folder.resolve("Beside.class")));
      jar.putNextEntry(new ZipEntry("META-INF/services/" + PskTls.class.getName()));
      jar.write("Beside\n".getBytes(StandardCharsets.UTF_8));
    }
    PskTls found = OptionalJars.find(PskTls.class, jars, "");
    assertThat(found.getClass().getName()).isEqualTo("Beside");
    assertThat(found.getClass().getClassLoader()).isNotSameAs(getClass().getClassLoader());
  }
}
