package dev.tethys.collect.exporter;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A flag of an exporter; in a {@code collect} section it is a key of {@code flags}.
 *
 * @param name without the dashes, such as {@code config.file}
 * @param defaultValue its text when it is not given
 * @param help one sentence
 * @param refusal reason why it is unsupported although the original exporter has it; null if
 *     supported
 */
public record ExporterFlag(
    String name, Kind kind, String defaultValue, String help, @Nullable String refusal) {
  /** Type of a flag's value. */
  public enum Kind {
    STRING,
    BOOLEAN,
    INTEGER,
    FLOAT,
    DURATION,
    /** May be set several times. */
    LIST,
    /** A file or folder; in a configuration file it is relative to that file. */
    PATH,
    /** The same, several times; such a path may end with a pattern. */
    PATHS,
    /** Text that is masked in output. */
    SECRET
  }

  /** Creates a supported flag. */
  public static ExporterFlag of(String name, Kind kind, String defaultValue, String help) {
    return new ExporterFlag(name, kind, defaultValue, help, null);
  }

  /** Creates a known flag that is rejected with a reason when set. */
  public static ExporterFlag refused(String name, Kind kind, String defaultValue, String reason) {
    return new ExporterFlag(name, kind, defaultValue, "Not built yet: " + reason, reason);
  }

  /**
   * Returns the flags common to all exporter programs, for pages and logging.
   *
   * @param address its default address, such as {@code :9116}
   */
  public static List<ExporterFlag> ofEveryProgram(String address) {
    return List.of(
        of("web.listen-address", Kind.LIST, address, "Address to listen on. Can be repeated."),
        of("web.telemetry-path", Kind.STRING, "/metrics", "Path of the metrics."),
        of("web.config.file", Kind.STRING, "", "File that enables TLS or authentication."),
        of(
            "web.systemd-socket",
            Kind.BOOLEAN,
            "false",
            "If true, uses sockets passed by systemd instead of listen addresses."),
        of("log.level", Kind.STRING, "info", "debug, info, warn or error."),
        of("log.format", Kind.STRING, "logfmt", "logfmt or json."));
  }
}
