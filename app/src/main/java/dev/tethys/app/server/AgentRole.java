package dev.tethys.app.server;

import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import sun.misc.Signal;

/** {@code tethys agent}: Prometheus's agent mode, without a disk unless configured. */
public final class AgentRole {
  private static final System.Logger LOG = JulLogger.of(AgentRole.class.getName());

  /** Default folder of the write-ahead log in Prometheus's agent mode. */
  static final String FOLDER = "data-agent/";

  private static final String FEATURE = "--enable-feature=";

  private AgentRole() {}

  /** Whether the server's arguments select agent mode. */
  static boolean isAskedFor(List<String> args) {
    for (int i = 0; i < args.size(); i++) {
      String a = args.get(i);
      if (a.equals("--agent") || a.equals("--agent=true")) {
        return true;
      }
      String features =
          a.startsWith(FEATURE)
              ? a.substring(FEATURE.length())
              : a.equals("--enable-feature") && i + 1 < args.size() ? args.get(i + 1) : "";
      if (Arrays.asList(features.split(",", -1)).contains("agent")) {
        return true;
      }
    }
    return false;
  }

  /** Returns the arguments without the feature flag of this mode. */
  private static List<String> withoutFeature(List<String> args) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      String a = args.get(i);
      if (a.equals("--enable-feature") && i + 1 < args.size()) {
        a = FEATURE + args.get(++i);
      }
      if (a.startsWith(FEATURE)) {
        List<String> left =
            new ArrayList<>(Arrays.asList(a.substring(FEATURE.length()).split(",")));
        left.remove("agent");
        if (left.isEmpty()) {
          continue;
        }
        a = FEATURE + String.join(",", left);
      }
      out.add(a);
    }
    return out;
  }

  /** Runs until the process is stopped; the exit code of the process. */
  public static int run(List<String> args) {
    return run(args, "");
  }

  static int run(List<String> args, String folder) {
    FlagSet flags = AgentFlags.set(folder);
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    flags.parse(withoutFeature(args));
    Shutdown.allow(Duration.ofMillis(flags.millis("storage.remote.flush-deadline")));
    try (Agent _ = start(flags)) {
      LOG.log(Level.INFO, "agent is ready to receive web requests");
      Shutdown.await();
      LOG.log(Level.INFO, "stopping");
    } catch (IOException e) {
      LOG.log(Level.ERROR, "cannot run: {0}", IoFailures.describe(e));
      return 1;
    }
    LOG.log(Level.INFO, "stopped");
    return 0;
  }

  /** Starts an agent: it scrapes when this returns. */
  static Agent start(FlagSet flags) throws IOException {
    HeapController.keepAgent();
    HttpClientFactory.prepare();
    LogSetup.install(flags);
    BuildInfo.current().announce(LOG, "agent");
    Agent agent = new Agent(flags);
    try {
      agent.open();
    } catch (IOException | RuntimeException | Error e) {
      agent.close();
      throw e;
    }
    Signal.handle(new Signal("HUP"), s -> Thread.ofVirtual().start(agent::reload));
    return agent;
  }
}
