package dev.tethys.app.server;

import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.PublicUrl;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.ExternalUrl;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.TrustedOrigins;
import dev.tethys.web.tracing.Tracing;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Settings of listeners by the web flags of the server and the agent.
 *
 * @param corsOrigin origins whose pages may read responses
 */
record WebSettings(FlagSet flags, ExternalUrl external, Pattern corsOrigin) {
  /**
   * Reads the flags.
   *
   * @param command command name for error messages: {@code tethys server}
   * @throws UsageException if a flag is invalid
   */
  static WebSettings of(FlagSet flags, String command) {
    String origin = flags.get("web.cors.origin");
    try {
      return new WebSettings(flags, PublicUrl.of(flags, command), Pattern.compile(origin));
    } catch (PatternSyntaxException e) {
      throw new UsageException(
          command + ": --web.cors.origin=" + origin + ": " + e.getDescription());
    }
  }

  /** Returns the external URL of the listener. */
  URI url() {
    return external.url();
  }

  /** Returns the path of the external URL; empty if none. */
  String path() {
    String path = url().getPath();
    return path == null ? "" : path;
  }

  HttpListenerOptions listener(Tracing tracing, String... addresses) {
    String web = flags.get("web.config.file");
    return HttpListenerOptions.on(addresses)
        .withWebConfigFile(web.isEmpty() ? null : Path.of(web))
        .withRoutePrefix(external.routePrefix())
        .withOrigins(TrustedOrigins.of(url(), corsOrigin))
        .withMaxConnections((int) flags.integer("web.max-connections"))
        .withReadTimeout(Duration.ofMillis(flags.millis("web.read-timeout")))
        .withTracing(tracing.recorder());
  }
}
