package dev.tethys.control;

import dev.tethys.config.ConfigException;
import dev.tethys.config.NameSuggestion;
import dev.tethys.control.access.SignOn;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.kubernetes.ResourceDefinitions;
import dev.tethys.control.source.Repository;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.HttpListenerOptions;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code tethys control}: control plane of pipelines. */
public final class ControlRole {
  private static final System.Logger LOG = JulLogger.of(ControlRole.class.getName());
  private static final int MAX_AGENTS = 100_000;

  private ControlRole() {}

  private static FlagSet flags() {
    return new FlagSet(
        "tethys control",
        "[verify | crds]",
        "Keeps versions of configurations of collectors, rolls them out in stages and undoes a"
            + " version that fails. Agents connect by OpAMP at /v1/opamp; the API is at"
            + " /api/v1/control. The command verify checks the audit log of the data folder, and crds"
            + " prints the definitions of resources for --kubernetes.",
        List.of(
            Flag.of(
                "web.listen-address",
                Flag.Kind.STRING,
                "127.0.0.1:4320",
                "Address of OpAMP and the API. Other addresses than loopback require"
                    + " --token-file or --web.config.file."),
            Flag.of(
                "web.config.file",
                Flag.Kind.STRING,
                "",
                "TLS and users, as Prometheus's file of this flag."),
            Flag.of(
                "token-file",
                Flag.Kind.STRING,
                "",
                "Bearer tokens, one a line: ROLE NAME TOKEN [SELECTOR] with the role agent, viewer,"
                    + " operator or admin. Empty for no tokens."),
            Flag.of(
                "oidc.issuer",
                Flag.Kind.STRING,
                "",
                "OpenID Connect issuer whose tokens name users, as its tokens write it. Empty for"
                    + " none."),
            Flag.of(
                "oidc.audience",
                Flag.Kind.STRING,
                "tethys-control",
                "Audience that a token of the issuer must name."),
            Flag.of(
                "oidc.role-claim",
                Flag.Kind.STRING,
                "groups",
                "Claim with the role: viewer, operator or admin, as text or in a list."),
            Flag.of(
                "oidc.role-prefix",
                Flag.Kind.STRING,
                "tethys-",
                "Text before the role in that claim."),
            Flag.of(
                "oidc.selector-claim",
                Flag.Kind.STRING,
                "",
                "Claim with the selector of a viewer or operator. Empty for none."),
            Flag.of(
                "data",
                Flag.Kind.STRING,
                "data-control",
                "Folder of versions, rollouts and the audit log."),
            Flag.of(
                "max-agents", Flag.Kind.INTEGER, "10000", "Agents in the table, at most 100000."),
            Flag.of(
                "automation",
                Flag.Kind.STRING,
                "",
                "File of rules that act on alerts and other events. SIGHUP and POST"
                    + " /-/reload read it again."),
            Flag.of(
                "mdai",
                Flag.Kind.LIST,
                "",
                "File or folder of Kubernetes manifests with resources of MDAI: MdaiHub and others."
                    + " Can be repeated. Read again with --automation."),
            Flag.of(
                "repository",
                Flag.Kind.STRING,
                "",
                "Folder of a Git clone, or with --repository.git=false any folder, with files of"
                    + " configurations, live controls, rules, rollouts and tests."),
            Flag.of(
                "repository.git",
                Flag.Kind.BOOLEAN,
                "true",
                "Read the last commit of the clone; false to read the files of the folder as they"
                    + " are."),
            Flag.of(
                "repository.pull",
                Flag.Kind.BOOLEAN,
                "true",
                "Run git pull --ff-only in that folder; false where another program updates it."),
            Flag.of(
                "repository.interval",
                Flag.Kind.DURATION,
                "30s",
                "Interval at which the repository is read."),
            Flag.of(
                "kubernetes",
                Flag.Kind.BOOLEAN,
                "false",
                "Read configurations and resources from the API of a Kubernetes cluster, in place"
                    + " of --repository, and write their status."),
            Flag.of(
                "kubernetes.kubeconfig",
                Flag.Kind.STRING,
                "",
                "Kubeconfig file. Empty for the service account of the pod."),
            Flag.of(
                "kubernetes.context",
                Flag.Kind.STRING,
                "",
                "Context of that file. Empty for the current one."),
            Flag.of(
                "kubernetes.namespace",
                Flag.Kind.STRING,
                "",
                "Namespace whose resources are read. Empty for all."),
            Flag.of(
                "kubernetes.mdai",
                Flag.Kind.BOOLEAN,
                "true",
                "Read the resources of MDAI too; false where MDAI's own operator runs."),
            Flag.of(
                "kubernetes.lease",
                Flag.Kind.STRING,
                "tethys-control",
                "Lease by which one of several processes is elected, which alone listens for agents"
                    + " and writes. Empty for a single process."),
            Flag.of(
                "kubernetes.lease-namespace",
                Flag.Kind.STRING,
                "",
                "Namespace of the lease. Empty for that of the pod; required with a kubeconfig"
                    + " file."),
            Flag.of(
                "kubernetes.lease-duration",
                Flag.Kind.DURATION,
                "15s",
                "Time after which another process takes a lease that was not renewed, from 3s to"
                    + " 10m."),
            Flag.of(
                "prometheus.url",
                Flag.Kind.STRING,
                "",
                "URL of the Prometheus that guards of rollouts and triggers of rules query."),
            Flag.of(
                "loki.url",
                Flag.Kind.STRING,
                "",
                "URL of a log store with Loki's API, such as a Tethys server, that triggers of"
                    + " rules query."),
            Flag.of(
                "alertmanager.url",
                Flag.Kind.LIST,
                "",
                "URL of an Alertmanager that rules notify. Can be repeated for a cluster."),
            Flag.of(
                "log.level", Flag.Kind.STRING, "info", "Log level: debug, info, warn or error."),
            Flag.of("log.format", Flag.Kind.STRING, "logfmt", "Log format: logfmt or json.")));
  }

  /**
   * Runs until the process receives a stop signal, or runs one command; returns the exit code of
   * the process.
   */
  public static int run(List<String> args) {
    FlagSet flags = flags();
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    List<String> operands = new ArrayList<>();
    flags.parse(args, operands);
    if (operands.equals(List.of("crds"))) {
      System.out.print(ResourceDefinitions.yaml());
      return 0;
    }
    if (!operands.isEmpty() && !operands.equals(List.of("verify"))) {
      throw new UsageException(
          "tethys control: unknown command "
              + String.join(" ", operands)
              + NameSuggestion.question(operands.getFirst(), List.of("verify", "crds"))
              + "; expected one of: verify, crds");
    }
    LogSetup.install(flags);
    Path data = Path.of(flags.get("data"));
    try {
      return operands.isEmpty() ? serve(flags, data) : verify(data);
    } catch (IOException | IllegalArgumentException | ConfigException e) {
      String reason =
          e instanceof IOException io ? IoFailures.describe(io) : String.valueOf(e.getMessage());
      System.err.println("tethys control: " + reason);
      return 1;
    }
  }

  private static int verify(Path data) throws IOException {
    AuditLog.Verification v = AuditLog.verifyFolder(data);
    String problem = v.problem();
    if (!problem.isEmpty()) {
      System.err.println("tethys control: " + problem);
      return 1;
    }
    System.out.println(
        data.resolve(AuditLog.FILE)
            + ": "
            + (v.entries() == 1 ? "1 entry is" : v.entries() + " entries are")
            + " intact, last hash "
            + v.last());
    return 0;
  }

  private static int serve(FlagSet flags, Path data) throws IOException {
    long max = flags.integer("max-agents");
    if (max < 1 || max > MAX_AGENTS) {
      throw new UsageException(
          "tethys control: --max-agents must be from 1 to " + MAX_AGENTS + ", not " + max);
    }
    String tokenFile = flags.get("token-file");
    String webConfig = flags.get("web.config.file");
    String automation = flags.get("automation");
    String address = flags.get("web.listen-address");
    SignOn.Settings signOn = signOn(flags);
    if (tokenFile.isEmpty()
        && webConfig.isEmpty()
        && signOn == null
        && !ControlServer.isLoopback(address)) {
      throw new UsageException(
          "tethys control: --web.listen-address="
              + address
              + " lets other machines change configurations; set --token-file, --oidc.issuer or"
              + " --web.config.file");
    }
    HeapController.keep();
    HttpListenerOptions options =
        HttpListenerOptions.on(address)
            .withMaxConnections((int) max + 256)
            .withStopGrace(Duration.ofSeconds(1));
    if (!webConfig.isEmpty()) {
      options = options.withWebConfigFile(Path.of(webConfig));
    }
    HttpListenerOptions listen = options;
    List<URI> alertmanagers = new ArrayList<>();
    for (String one : flags.list("alertmanager.url")) {
      URI u = url("alertmanager.url", one);
      if (u != null) {
        alertmanagers.add(u);
      }
    }
    KubernetesMode.Starter starter =
        cluster ->
            ControlServer.start(
                listen,
                data,
                tokenFile.isEmpty() ? null : Path.of(tokenFile),
                BuiltIn.components(),
                (int) max,
                ControlServer.Rules.of(
                        automation.isEmpty() ? null : Path.of(automation),
                        flags.list("mdai").stream()
                            .filter(p -> !p.isEmpty())
                            .map(Path::of)
                            .toList(),
                        url(flags, "prometheus.url"),
                        repository(flags),
                        cluster,
                        signOn)
                    .with(url(flags, "loki.url"), alertmanagers));
    if (flags.bool("kubernetes")) {
      if (repository(flags) != null) {
        throw new UsageException(
            "tethys control: --kubernetes and --repository are mutually exclusive; apply the files"
                + " of"
                + " the repository to the cluster");
      }
      try (KubernetesMode mode =
          new KubernetesMode(KubernetesMode.settings(flags), listen, starter)) {
        onReload(mode::reload);
        mode.start();
        LOG.log(
            Level.INFO,
            "Control plane for a cluster started version={0} data={1}",
            BuildInfo.current().version(),
            data);
        Shutdown.await();
        LOG.log(Level.INFO, "Control plane stopping");
        return Shutdown.hasFailed() ? 1 : 0;
      }
    }
    try (ControlServer server = starter.start(null)) {
      onReload(server::reload);
      LOG.log(
          Level.INFO,
          "Control plane started version={0} port={1} data={2}",
          BuildInfo.current().version(),
          Integer.toString(server.port()),
          data);
      Shutdown.await();
      LOG.log(Level.INFO, "Control plane stopping");
      return Shutdown.hasFailed() ? 1 : 0;
    }
  }

  /** Reads files again. */
  private interface Reload {
    void reload() throws IOException;
  }

  private static void onReload(Reload reload) {
    sun.misc.Signal.handle(
        new sun.misc.Signal("HUP"), s -> Thread.ofVirtual().start(() -> reload(reload)));
  }

  private static Repository.@Nullable Settings repository(FlagSet flags) {
    Duration interval = Duration.ofMillis(flags.millis("repository.interval"));
    if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new UsageException(
          "tethys control: --repository.interval must be at least 1s, not "
              + flags.get("repository.interval"));
    }
    String folder = flags.get("repository");
    return folder.isEmpty()
        ? null
        : new Repository.Settings(
            Path.of(folder), flags.bool("repository.git"), flags.bool("repository.pull"), interval);
  }

  private static SignOn.@Nullable Settings signOn(FlagSet flags) {
    String issuer = flags.get("oidc.issuer");
    if (issuer.isEmpty()) {
      return null;
    }
    URI u;
    try {
      u = URI.create(issuer);
    } catch (IllegalArgumentException e) {
      u = URI.create("");
    }
    boolean local = "http".equals(u.getScheme()) && ControlServer.isLoopback(u.getHost() + ":0");
    if (u.getHost() == null || !local && !"https".equals(u.getScheme())) {
      throw new UsageException(
          "tethys control: --oidc.issuer must be a URL with https, not " + issuer);
    }
    if (flags.get("oidc.audience").isEmpty() || flags.get("oidc.role-claim").isEmpty()) {
      throw new UsageException(
          "tethys control: --oidc.audience and --oidc.role-claim must be non-empty");
    }
    return new SignOn.Settings(
        u,
        flags.get("oidc.audience"),
        flags.get("oidc.role-claim"),
        flags.get("oidc.role-prefix"),
        flags.get("oidc.selector-claim"));
  }

  private static @Nullable URI url(FlagSet flags, String flag) {
    return url(flag, flags.get(flag));
  }

  private static @Nullable URI url(String flag, String url) {
    if (url.isEmpty()) {
      return null;
    }
    try {
      URI u = URI.create(url);
      if (u.getHost() != null && List.of("http", "https").contains(u.getScheme())) {
        return u;
      }
    } catch (IllegalArgumentException e) {
      // reported below
    }
    throw new UsageException(
        "tethys control: --" + flag + " must be a URL with http or https, not " + url);
  }

  private static void reload(Reload reload) {
    try {
      reload.reload();
    } catch (IOException | ConfigException e) {
      LOG.log(
          Level.ERROR, "Rules not reloaded, keeping the previous ones error={0}", e.getMessage());
    }
  }
}
