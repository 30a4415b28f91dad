package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.Kind.DURATION;
import static dev.tethys.runtime.cli.Flag.Kind.SIZE;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.api.pyroscope.DebugInfoEndpoints;
import dev.tethys.api.pyroscope.debuginfo.DebugInfoOptions;
import dev.tethys.api.pyroscope.debuginfo.DebugInfoStore;
import dev.tethys.api.pyroscope.debuginfo.Symbolizer;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.model.profiles.SymbolizedStore;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Files with debug information of the server, and the names of functions from them. */
final class DebugInfo {
  private static final String PATH = "storage.debuginfo.path";
  private static final String SIZE_OF_ALL = "storage.debuginfo.size";
  private static final String SIZE_OF_FILE = "storage.debuginfo.max-file-size";
  private static final String LOCAL = "symbolization.local";
  private static final String UPSTREAM = "symbolization.debuginfod-url";
  private static final String TIMEOUT = "symbolization.debuginfod-timeout";

  /** Symbolisation flags. */
  static final List<Flag> FLAGS =
      List.of(
          of(
              PATH,
              STRING,
              "",
              "Folder of files with debug information; by default debuginfo in the storage folder."
                  + " (Tethys)"),
          of(
              SIZE_OF_ALL,
              SIZE,
              "4GB",
              "Maximum bytes of files with debug information; those that were not used for the"
                  + " longest time are removed first. (Tethys)"),
          of(
              SIZE_OF_FILE,
              SIZE,
              "512MB",
              "Maximum size of a file with debug information. (Tethys)"),
          of(
              LOCAL,
              BOOLEAN,
              "true",
              "Name functions of profiles from files of this machine with the same build id: those"
                  + " of mappings and below /usr/lib/debug. (Tethys)"),
          of(
              UPSTREAM,
              STRING,
              "",
              "URL of a debuginfod server to ask for missing files; none by default. (Tethys)"),
          of(TIMEOUT, DURATION, "10s", "Maximum duration of a request to that server. (Tethys)"));

  private final Path folder;
  private final HttpClientFactory clients;
  private final DebugInfoOptions options;
  private volatile DebugInfoEndpoints.@Nullable Opened opened;

  DebugInfo(FlagSet flags, Path storage, HttpClientFactory clients, Registry registry) {
    String path = flags.get(PATH);
    this.folder = path.isEmpty() ? storage.resolve("debuginfo") : Path.of(path);
    this.clients = clients;
    this.options =
        new DebugInfoOptions(
            flags.bytes(SIZE_OF_ALL),
            flags.bytes(SIZE_OF_FILE),
            flags.bool(LOCAL),
            upstream(flags.get(UPSTREAM)),
            Duration.ofMillis(flags.millis(TIMEOUT)));
    registry.gauge(
        "tethys_debuginfo_bytes",
        "Bytes of the stored files with debug information.",
        () -> {
          DebugInfoEndpoints.Opened o = opened;
          return o == null ? 0 : o.store().bytes();
        });
  }

  private static @Nullable URI upstream(String text) {
    if (text.isEmpty()) {
      return null;
    }
    try {
      URI uri = new URI(text);
      if (uri.getHost() != null && List.of("http", "https").contains(uri.getScheme())) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // refused below
    }
    throw new UsageException(
        "--" + UPSTREAM + " is '" + text + "'; it must be a URL with http or https");
  }

  /** Opens the store. */
  void open() throws IOException {
    DebugInfoStore store = DebugInfoStore.open(new RealFiles(), folder, options);
    Symbolizer symbolizer =
        new Symbolizer(store, options, clients.client(HttpClientConfig.DEFAULT), System::nanoTime);
    opened = new DebugInfoEndpoints.Opened(store, symbolizer);
  }

  void addTo(Routes routes) {
    new DebugInfoEndpoints(() -> opened).addTo(routes);
  }

  /** Wraps a store so that its selections name functions. */
  ProfileStore symbolized(ProfileStore store) {
    DebugInfoEndpoints.Opened o = opened;
    return o == null ? store : new SymbolizedStore(store, o.symbolizer());
  }
}
