package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject.Kind;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Classes compiled by Java's own compiler for another program. */
final class CompiledClasses {
  private CompiledClasses() {}

  /** Compiles a class without a package into a folder. */
  static void in(Path folder, String name, String source) {
    JavaCompiler compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler());
    StringWriter said = new StringWriter();
    boolean ok =
        compiler
            .getTask(
                said,
                null,
                null,
                List.of("-d", folder.toString(), "-proc:none"),
                null,
                List.of(
                    new SimpleJavaFileObject(
                        URI.create("string:///" + name + ".java"), Kind.SOURCE) {
                      @Override
                      public CharSequence getCharContent(boolean lax) {
                        return source;
                      }
                    }))
            .call();
    assertThat(ok).as(said.toString()).isTrue();
  }

  /** A jar of all that is in a folder. */
  static Path jar(Path folder, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream to = new JarOutputStream(out);
        Stream<Path> all = Files.walk(folder)) {
      for (Path p : all.filter(Files::isRegularFile).toList()) {
        to.putNextEntry(new JarEntry(folder.relativize(p).toString()));
        Files.copy(p, to);
        to.closeEntry();
      }
    }
    return jar;
  }
}
