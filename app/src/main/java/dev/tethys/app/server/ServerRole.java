package dev.tethys.app.server;

import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.CarrierReserve;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.Terminal;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import sun.misc.Signal;

/** {@code tethys server}: drop-in replacement for a Prometheus server. */
public final class ServerRole {
  private static final System.Logger LOG = JulLogger.of(ServerRole.class.getName());

  private ServerRole() {}

  /** Runs until the process is stopped; the exit code of the process. */
  public static int run(List<String> args) {
    if (AgentRole.isAskedFor(args)) {
      return AgentRole.run(args, AgentRole.FOLDER);
    }
    FlagSet flags = ServerFlags.set();
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    flags.parse(args);
    try (Server server = start(flags)) {
      if (Terminal.isThere()) {
        System.out.println(server.greeting());
      } else {
        LOG.log(Level.INFO, "server is ready to receive web requests");
      }
      server.observe();
      Shutdown.await();
      LOG.log(Level.INFO, "stopping");
    } catch (IOException | StorageException e) {
      LOG.log(Level.ERROR, "cannot run: {0}", IoFailures.describe(e));
      return 1;
    }
    LOG.log(Level.INFO, "stopped");
    return 0;
  }

  /** Starts a server: it is ready when this returns. */
  static Server start(FlagSet flags) throws IOException {
    MetricsDatabase.prepare();
    HttpClientFactory.prepare();
    LogSetup.install(flags);
    BuildInfo.current().announce(LOG, "server");
    Server server;
    try (StoreOpening opening = new StoreOpening()) {
      server = new Server(flags, opening);
      try {
        server.open();
      } catch (IOException | RuntimeException | Error e) {
        server.close();
        throw e;
      }
    }
    // Only now: what recovery brings back is alive, all of it.
    HeapController.keepStore();
    CarrierReserve.keep();
    Signal.handle(new Signal("HUP"), s -> Thread.ofVirtual().start(server::reload));
    return server;
  }
}
