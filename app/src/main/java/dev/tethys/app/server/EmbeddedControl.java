package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.LIST;
import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.control.ControlServer;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.HttpListenerOptions;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Control plane of pipelines inside the server, on its own address. */
final class EmbeddedControl implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(EmbeddedControl.class.getName());
  private static final String LISTEN = "control.listen-address";
  private static final String TOKENS = "control.token-file";
  private static final String DATA = "control.data";
  private static final String AUTOMATION = "control.automation";
  private static final String MDAI = "control.mdai";
  private static final int MAX_AGENTS = 10_000;

  static final List<Flag> FLAGS =
      List.of(
          of(
              LISTEN,
              STRING,
              "",
              "Address of a control plane of pipelines, as of tethys control; empty for none. Other"
                  + " addresses than loopback require control.token-file. (Tethys)"),
          of(TOKENS, STRING, "", "Bearer tokens of the control plane. (Tethys)"),
          of(DATA, STRING, "data-control", "Folder of the control plane. (Tethys)"),
          of(AUTOMATION, STRING, "", "File of rules of the control plane. (Tethys)"),
          of(MDAI, LIST, "", "Manifests of MDAI for the control plane. Can be repeated. (Tethys)"));

  private final ControlServer server;

  private EmbeddedControl(ControlServer server) {
    this.server = server;
  }

  /**
   * Starts a control plane if the flags request it; otherwise returns null.
   *
   * @throws dev.tethys.config.ConfigException if a rule is invalid
   * @throws IOException if a file cannot be read, or the address cannot be bound
   */
  static @Nullable EmbeddedControl start(FlagSet flags) throws IOException {
    String address = flags.get(LISTEN);
    if (address.isEmpty()) {
      return null;
    }
    String tokens = flags.get(TOKENS);
    if (tokens.isEmpty() && !ControlServer.isLoopback(address)) {
      throw new UsageException(
          "tethys server: --"
              + LISTEN
              + "="
              + address
              + " lets other machines change configurations; set --"
              + TOKENS);
    }
    String automation = flags.get(AUTOMATION);
    ControlServer server =
        ControlServer.start(
            HttpListenerOptions.on(address)
                .withMaxConnections(MAX_AGENTS + 256)
                .withStopGrace(Duration.ofSeconds(1)),
            Path.of(flags.get(DATA)),
            tokens.isEmpty() ? null : Path.of(tokens),
            BuiltIn.components(),
            MAX_AGENTS,
            automation.isEmpty() ? null : Path.of(automation),
            flags.list(MDAI).stream().filter(p -> !p.isEmpty()).map(Path::of).toList());
    LOG.log(Level.INFO, "Control plane started port={0}", Integer.toString(server.port()));
    return new EmbeddedControl(server);
  }

  int port() {
    return server.port();
  }

  /** Reads the rules again; errors as at the start. */
  void reload() throws IOException {
    server.reload();
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Control plane not closed", e);
    }
  }
}
