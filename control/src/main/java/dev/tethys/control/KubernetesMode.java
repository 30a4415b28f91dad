package dev.tethys.control;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.kubernetes.ClusterFiles;
import dev.tethys.control.kubernetes.ClusterKind;
import dev.tethys.control.kubernetes.ClusterStatus;
import dev.tethys.control.source.SourceFiles;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.Kubeconfig;
import dev.tethys.web.kubernetes.LeaseElection;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Control plane that reconciles cluster objects. One of several processes is elected by a lease: it
 * listens for agents, applies objects and writes statuses. The others respond only to probes and
 * are not ready. A process that loses the lease exits and is restarted as one of the others.
 */
final class KubernetesMode implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(KubernetesMode.class.getName());
  private static final Duration RELEASE = Duration.ofSeconds(2);

  /** Interval of checks whether the previous leader has released the data folder. */
  private static final Duration DATA_IN_USE = Duration.ofSeconds(1);

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

  /**
   * Settings.
   *
   * @param namespace namespace to watch; "" for all
   * @param mdai whether resources of MDAI are read
   * @param terms leader election settings; null without election
   */
  record Settings(
      ClusterAccess access, String namespace, boolean mdai, LeaseElection.@Nullable Terms terms) {}

  /** Starts the control plane. */
  interface Starter {
    ControlServer start(@Nullable SourceFiles cluster) throws IOException;
  }

  private final Settings settings;
  private final HttpListenerOptions listen;
  private final Starter starter;
  private final HttpClientFactory clients =
      new HttpClientFactory("Tethys/" + BuildInfo.current().version());
  private final LimitedLog failures = new LimitedLog(LOG);
  private final ResourceWatch.Connection connection;
  private volatile @Nullable LeaseElection election;

  @GuardedBy("this")
  private @Nullable Thread thread;

  @GuardedBy("this")
  private @Nullable HttpListener standby;

  @GuardedBy("this")
  private @Nullable ControlServer server;

  @GuardedBy("this")
  private boolean closed;

  KubernetesMode(Settings settings, HttpListenerOptions listen, Starter starter) {
    this.settings = settings;
    this.listen = listen;
    this.starter = starter;
    this.connection =
        new ResourceWatch.Connection(
            settings.access,
            (config, call) -> clients.client(config).send(call),
            d -> Thread.sleep(d));
  }

  /**
   * Reads the flags.
   *
   * @throws UsageException if one is invalid
   */
  static Settings settings(FlagSet flags) {
    String kubeconfig = flags.get("kubernetes.kubeconfig");
    String lease = flags.get("kubernetes.lease");
    String namespace = flags.get("kubernetes.lease-namespace");
    Duration duration = Duration.ofMillis(flags.millis("kubernetes.lease-duration"));
    if (duration.toSeconds() < 3 || duration.compareTo(Duration.ofMinutes(10)) > 0) {
      throw wrong("kubernetes.lease-duration", "from 3s to 10m", flags);
    }
    for (String flag :
        List.of("kubernetes.lease", "kubernetes.lease-namespace", "kubernetes.namespace")) {
      if (!flags.get(flag).isEmpty() && !NAME.matcher(flags.get(flag)).matches()) {
        throw wrong(flag, "a name of Kubernetes: a-z, 0-9 and '-'", flags);
      }
    }
    if (!lease.isEmpty() && namespace.isEmpty() && !kubeconfig.isEmpty()) {
      throw new UsageException(
          "tethys control: --kubernetes.kubeconfig requires --kubernetes.lease-namespace, or an"
              + " empty --kubernetes.lease");
    }
    try {
      ClusterAccess access =
          kubeconfig.isEmpty()
              ? ClusterAccess.inCluster(
                  System::getenv,
                  ClusterAccess.SERVICE_ACCOUNT,
                  "--kubernetes.kubeconfig names a file")
              : new Kubeconfig(
                  Path.of(kubeconfig), flags.get("kubernetes.context"), InstantSource.system());
      LeaseElection.Terms terms = null;
      if (!lease.isEmpty()) {
        terms =
            new LeaseElection.Terms(
                namespace.isEmpty()
                    ? ClusterAccess.ownNamespace(ClusterAccess.SERVICE_ACCOUNT)
                    : namespace,
                lease,
                identity(),
                Duration.ofSeconds(duration.toSeconds()),
                duration.multipliedBy(2).dividedBy(3),
                duration.multipliedBy(2).dividedBy(15));
      }
      return new Settings(
          access, flags.get("kubernetes.namespace"), flags.bool("kubernetes.mdai"), terms);
    } catch (IllegalStateException e) {
      throw new UsageException("tethys control: --kubernetes: " + e.getMessage());
    }
  }

  private static UsageException wrong(String flag, String rule, FlagSet flags) {
    return new UsageException(
        "tethys control: --" + flag + " must be " + rule + ", not " + flags.get(flag));
  }

  private static String identity() {
    String host = System.getenv("HOSTNAME");
    return (host == null || host.isEmpty() ? "" : host + "_") + UUID.randomUUID();
  }

  /**
   * Starts to compete, or to lead if there is no election.
   *
   * @throws IOException if the address cannot be bound
   */
  synchronized void start() throws IOException {
    if (closed) {
      return;
    }
    LeaseElection.Terms terms = settings.terms;
    if (terms == null) {
      lead();
      return;
    }
    standby =
        ListenFlags.listening(
            "web.listen-address", () -> HttpListener.start(listen, probes(), null));
    LeaseElection e =
        new LeaseElection(terms, connection, LeaseElection.Clocks.SYSTEM, new Elected());
    election = e;
    LOG.log(
        Level.INFO,
        "Leader election joined lease={0}/{1} identity={2}",
        terms.namespace(),
        terms.name(),
        terms.identity());
    thread =
        Thread.ofVirtual()
            .name("lease")
            .start(
                SupervisedLoop.of(
                    "lease",
                    () -> {
                      try {
                        e.run();
                      } catch (InterruptedException x) {
                        Thread.currentThread().interrupt();
                      }
                    }));
  }

  private static Routes probes() {
    return new Routes()
        .get("/-/healthy", (q, r) -> r.send("Tethys is healthy.\n"))
        .any("/{path...}", (q, r) -> r.status(503).send("Another process leads.\n"));
  }

  /** Reactions to the election. */
  private final class Elected implements LeaseElection.Listener {
    private boolean everLed;

    @Override
    public void leads(boolean is) {
      if (is && !everLed) {
        everLed = true;
        LOG.log(Level.INFO, "Leadership acquired");
        Thread.ofPlatform().name("lead").start(this::begin);
      } else if (!isClosed()) {
        LOG.log(Level.ERROR, "Leadership lost, process ends; agents keep their configuration");
        Shutdown.fail();
      }
    }

    private void begin() {
      try {
        leadWhenFree();
      } catch (IOException | RuntimeException e) {
        LOG.log(Level.ERROR, "Control plane not started, process ends", e);
        Shutdown.fail();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void failed(String reason) {
      failures.log(Level.WARNING, "Lease not read or written, tried again error=\"{0}\"", reason);
    }
  }

  private boolean leads() {
    LeaseElection e = election;
    return e == null || e.leads();
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /**
   * Leads as soon as the previous leader has released the data folder, which processes may share:
   * it may end later than its lease.
   */
  private void leadWhenFree() throws IOException, InterruptedException {
    while (leads()) {
      try {
        lead();
        return;
      } catch (DataInUseException e) {
        failures.log(
            Level.WARNING,
            "Data folder in use, the end of the former leader is awaited error=\"{0}\"",
            e.getMessage());
        synchronized (this) {
          if (closed) {
            return;
          }
          if (standby == null) {
            standby = HttpListener.start(listen, probes(), null);
          }
        }
        connection.pause().pause(DATA_IN_USE);
      }
    }
  }

  private synchronized void lead() throws IOException {
    if (closed) {
      return;
    }
    HttpListener before = standby;
    standby = null;
    if (before != null) {
      before.close();
    }
    List<ClusterKind> kinds = new ArrayList<>(ClusterKind.OWN);
    if (settings.mdai) {
      kinds.addAll(ClusterKind.MDAI);
    }
    ControlServer s =
        starter.start(
            new ClusterFiles(
                settings.namespace, kinds, connection, new ClusterStatus(connection, this::leads)));
    server = s;
    LOG.log(Level.INFO, "Control plane started port={0}", Integer.toString(s.port()));
  }

  /** Reads files of rules again; a process that does not lead reads them when it does. */
  void reload() throws IOException {
    ControlServer s;
    synchronized (this) {
      s = server;
    }
    if (s != null) {
      s.reload();
    }
  }

  /** Ends it, then releases the lease, so that another process need not wait for its expiry. */
  @Override
  public void close() throws IOException {
    Thread t;
    LeaseElection e;
    boolean led = leads();
    synchronized (this) {
      closed = true;
      if (standby != null) {
        standby.close();
      }
      if (server != null) {
        server.close();
      }
      t = thread;
      e = election;
    }
    try {
      if (t != null) {
        t.interrupt();
        t.join(RELEASE);
      }
      if (e != null && led) {
        e.release(RELEASE);
      }
    } catch (IOException x) {
      LOG.log(
          Level.INFO, "Lease not released, it expires automatically error=\"{0}\"", x.getMessage());
    } catch (InterruptedException x) {
      Thread.currentThread().interrupt();
    } finally {
      clients.close();
    }
  }
}
