package dev.tethys.collect.exporter.blackbox;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.exporter.CelCompiler;
import dev.tethys.web.client.OptionalJars;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** CEL compiler of the folder {@code cel}, loaded with the first expression of a configuration. */
final class CelLibrary {
  @GuardedBy("CelLibrary.class")
  private static @Nullable CelCompiler compiler;

  private CelLibrary() {}

  /**
   * Returns the compiler.
   *
   * @throws IOException if its jars are missing
   */
  static synchronized CelCompiler compiler() throws IOException {
    CelCompiler c = compiler;
    if (c == null) {
      c =
          OptionalJars.find(
              CelCompiler.class, OptionalJars.folder(CelCompiler.class, "cel"), "CEL");
      compiler = c;
    }
    return c;
  }
}
