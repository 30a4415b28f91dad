package dev.tethys.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * What this program is.
 *
 * @param version of Tethys
 * @param revision the commit it was built from, or {@code unknown}
 * @param java the version of the virtual machine
 */
public record BuildInfo(String version, String revision, String java) {
  /** The build that is running. */
  public static BuildInfo current() {
    Properties p = new Properties();
    try (InputStream in = BuildInfo.class.getResourceAsStream("build.properties")) {
      if (in != null) {
        p.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new BuildInfo(
        p.getProperty("version", "unknown"),
        p.getProperty("revision", "unknown"),
        Runtime.version().toString());
  }
}
