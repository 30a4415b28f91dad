package dev.tethys.control;

import dev.tethys.control.access.AgentToken;
import dev.tethys.control.access.SignOn;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.api.AgentsApi;
import dev.tethys.control.api.AuditApi;
import dev.tethys.control.api.AutomationApi;
import dev.tethys.control.api.ControlApi;
import dev.tethys.control.api.ControlsApi;
import dev.tethys.control.api.DryRunApi;
import dev.tethys.control.api.ExportApi;
import dev.tethys.control.api.MdaiApi;
import dev.tethys.control.api.PackagesApi;
import dev.tethys.control.api.RepositoryApi;
import dev.tethys.control.api.RolloutsApi;
import dev.tethys.control.api.TapApi;
import dev.tethys.control.api.VersionsApi;
import dev.tethys.control.audit.AuditGaps;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.automation.ActionRetries;
import dev.tethys.control.automation.Automation;
import dev.tethys.control.automation.AutomationRule;
import dev.tethys.control.automation.DefinedRules;
import dev.tethys.control.automation.EventTriggers;
import dev.tethys.control.automation.HeldActions;
import dev.tethys.control.automation.HubRules;
import dev.tethys.control.automation.Replays;
import dev.tethys.control.automation.RuleActions;
import dev.tethys.control.automation.RuleCalls;
import dev.tethys.control.automation.RuleControls;
import dev.tethys.control.automation.StepLog;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.UidBindings;
import dev.tethys.control.live.ControlCounts;
import dev.tethys.control.live.ControlEffects;
import dev.tethys.control.live.ControlState;
import dev.tethys.control.live.Controls;
import dev.tethys.control.live.QuotaShares;
import dev.tethys.control.live.QuotaWatch;
import dev.tethys.control.mdai.Hubs;
import dev.tethys.control.mdai.ManifestReader;
import dev.tethys.control.mdai.Manifests;
import dev.tethys.control.mdai.Variables;
import dev.tethys.control.opamp.Offers;
import dev.tethys.control.opamp.OpampEndpoint;
import dev.tethys.control.rollout.GuardQueries;
import dev.tethys.control.rollout.RolloutState;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.source.Repository;
import dev.tethys.control.source.SourceFiles;
import dev.tethys.control.source.SourceResources;
import dev.tethys.control.source.SourceState;
import dev.tethys.control.validation.DryRun;
import dev.tethys.control.validation.GraphValidator;
import dev.tethys.control.validation.VersionCheck;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.Packages;
import dev.tethys.control.versions.VersionHolds;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Components;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.ui.WebUi;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpMetrics;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Running control plane: OpAMP for agents, the HTTP API and the pages for users. */
public final class ControlServer implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(ControlServer.class.getName());
  private static final Duration STEP = Duration.ofMillis(100);

  /** Time between two reads of cluster objects; a change is read immediately. */
  private static final Duration CLUSTER_INTERVAL = Duration.ofSeconds(1);

  private final FileChannel lock;
  private final Fleet fleet;
  private final UidBindings bindings;
  private final ConfigStore store;
  private final AuditLog audit;
  private final Rollouts rollouts;
  private final Controls controls;
  private final EventTriggers events;
  private final ControlCounts counts;
  private final QuotaShares shares;
  private final StepLog steps;
  private final QuotaWatch quotas;
  private final @Nullable Repository repository;
  private final Replays replays;
  private final Hubs hubs;
  private final Automation automation;
  private final DefinedRules defined;
  private final Rules rules;
  private final Scheduler clock;
  private final HttpListener listener;
  private final BooleanSupplier mayAct;
  private volatile boolean closed;

  /**
   * Starts it.
   *
   * @param data folder of versions, rollouts and the audit log
   * @param maxAgents size of the table of agents
   * @param rules files that are read at the start and by a reload
   * @throws IOException if the folder is in use, damaged, or the address cannot be bound
   */
  ControlServer(
      HttpListenerOptions options,
      Path data,
      Tokens tokens,
      Components components,
      int maxAgents,
      Scheduler clock,
      Rules rules)
      throws IOException {
    this.clock = clock;
    this.rules = rules;
    List<AutomationRule> automated = rules.automation();
    Manifests manifests = rules.manifests();
    URI prometheus = rules.prometheus();
    Files.createDirectories(data);
    lock =
        FileChannel.open(data.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean free;
    try {
      free = lock.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      free = false;
    }
    if (!free) {
      lock.close();
      throw new DataInUseException(data);
    }
    List<AgentToken> agentTokens = tokens.agents();
    bindings = UidBindings.open(data.resolve("agent-tokens"), agentTokens, maxAgents);
    fleet = new Fleet(clock, maxAgents, bindings, agentTokens);
    audit = AuditLog.of(data, InstantSource.system());
    store = new ConfigStore(data.resolve(AuditGaps.VERSIONS));
    Packages packages = new Packages(data);
    GuardQueries metrics = prometheus == null ? null : new GuardQueries(prometheus, clock);
    rollouts =
        new Rollouts(
            clock,
            fleet,
            store,
            audit,
            new RolloutState(data.resolve("rollouts.json")),
            metrics,
            packages,
            VersionHolds.by(new GraphValidator(components)));
    controls = new Controls(clock, fleet, audit, new ControlState(data.resolve("controls.json")));
    counts = new ControlCounts(data.resolve("control-counts.json"));
    fleet.takeAccounts(
        (uid, process, report, ended) ->
            counts.take(uid, process, report, ended, controls.state().all));
    shares = new QuotaShares(data.resolve("quota-shares.json"), controls, fleet, clock);
    quotas = new QuotaWatch(controls, shares, audit);
    Repository.Settings clone = rules.repository();
    SourceFiles source = clone != null ? clone.files() : rules.cluster();
    mayAct = source == null ? () -> true : source::mayAct;
    Routes routes =
        new Routes()
            .checkedBy(this::requireToAct)
            .get("/-/healthy", (q, r) -> r.send("Tethys is healthy.\n"))
            .get("/-/ready", (q, r) -> r.send("Tethys is ready.\n"));
    Variables variables = new Variables(data.resolve("variables.json"));
    replays = new Replays(data, components, clock, rules::variable);
    InstantSource wallClock = () -> Instant.ofEpochMilli(clock.millis());
    hubs = new Hubs(variables, new MdaiApi.Journal(audit), replays, wallClock, fleet::wakeAll);
    RuleCalls calls = new RuleCalls(rules.alertmanagers(), clock);
    HubRules hubRules = new HubRules(hubs, calls, wallClock);
    steps = new StepLog(data.resolve("automation-steps.json"), audit, clock);
    automation =
        new Automation(
            automated,
            new RuleControls(controls, steps),
            hubRules,
            new RuleActions(
                hubs,
                rollouts,
                store,
                replays,
                calls,
                new HeldActions(data.resolve("automation.json")),
                audit,
                clock),
            new ActionRetries(data.resolve("automation-retries.json"), clock),
            steps,
            clock);
    replays.follow(automation::replayEnded);
    URI loki = rules.loki();
    events =
        new EventTriggers(
            automation,
            fleet,
            rollouts,
            metrics,
            loki == null ? null : GuardQueries.ofLogs(loki, clock),
            clock);
    hubs.watch(events::changed);
    defined = new DefinedRules(automation, hubs);
    defined.takeFlags(automated, manifests);
    Offers offers = new Offers(rollouts, controls, variables, packages);
    new OpampEndpoint(fleet, offers, tokens, clock, mayAct).addTo(routes);
    ControlEffects effects = new ControlEffects(fleet, clock);
    controls.watch(effects);
    new ControlsApi(fleet, controls, counts, shares, offers, tokens, effects, clock).addTo(routes);
    new TapApi(fleet, tokens, rollouts).addTo(routes);
    new AutomationApi(automation, events, tokens, clock).addTo(routes);
    new MdaiApi(hubs, hubRules, replays, audit, tokens).addTo(routes);
    routes.post("/-/reload", ControlApi.answering(tokens, Tokens.Role.ADMIN, this::reload));
    DryRun runs = new DryRun(components);
    SourceResources resources =
        new SourceResources(
            controls,
            rollouts,
            defined,
            new SourceState(
                data.resolve(clone == null && source != null ? "cluster.json" : "repository.json")),
            clock,
            source == null ? "" : source.actorPrefix(),
            source == null ? "repository" : source.word());
    VersionCheck check =
        new VersionCheck(
            new GraphValidator(components),
            runs,
            name -> source == null ? List.of() : resources.tests(name));
    if (source == null) {
      repository = null;
    } else {
      resources.restore();
      repository =
          new Repository(
              source,
              clone == null ? CLUSTER_INTERVAL : clone.interval(),
              store,
              check,
              audit,
              resources,
              automation,
              clock);
    }
    new AgentsApi(fleet, rollouts, tokens, clock).addTo(routes);
    new VersionsApi(store, rollouts, check, audit, tokens, clock).addTo(routes);
    new RolloutsApi(fleet, store, packages, rollouts, tokens).addTo(routes);
    new AuditApi(audit, tokens).addTo(routes);
    new PackagesApi(packages, rollouts, audit, tokens, clock).addTo(routes);
    new DryRunApi(runs, store, rollouts, tokens).addTo(routes);
    new RepositoryApi(repository, store, rollouts, tokens).addTo(routes);
    new ExportApi(store, rollouts, controls, automation, resources, tokens).addTo(routes);
    new WebUi("", "Tethys control", "control").with(WebUi.Part.FLEET).routes(routes);
    Registry registry = new Registry();
    registry.register(Registry.process());
    registry.register(BuildInfo.current().metric("tethys_control", "the control plane"));
    ControlMetrics.register(registry, fleet, rollouts, controls, repository);
    routes.get(
        "/metrics",
        ControlApi.answering(
            tokens,
            Tokens.Role.VIEWER,
            (q, r, user) -> MetricsPage.answer(q, r, registry.gather())));
    listener =
        ListenFlags.listening(
            "web.listen-address",
            () -> HttpListener.start(options, routes, new HttpMetrics(registry, "tethys_control")));
    if (repository != null) {
      repository.start();
    }
    tick();
  }

  /**
   * Starts one with the clocks of the system.
   *
   * @param data folder of versions, rollouts and the audit log
   * @param tokenFile null for no tokens
   * @param components components allowed in a configuration
   * @throws IOException if a file is in use or wrong, or the address cannot be bound
   */
  public static ControlServer start(
      HttpListenerOptions options,
      Path data,
      @Nullable Path tokenFile,
      Components components,
      int maxAgents)
      throws IOException {
    return start(options, data, tokenFile, components, maxAgents, null, List.of());
  }

  /** Provides rules read from files. */
  interface Rules {
    Rules NONE = of(null, List.of());

    /**
     * Returns the automation rules.
     *
     * @throws dev.tethys.config.ConfigException if a rule is invalid
     * @throws IOException if a file cannot be read
     */
    List<AutomationRule> automation() throws IOException;

    /** Returns the MDAI resources; exceptions as for the automation rules. */
    Manifests manifests() throws IOException;

    /** Prometheus queried by guards of rollouts; returns null if none. */
    default @Nullable URI prometheus() {
      return null;
    }

    /** Returns the log store queried by triggers; null if none. */
    default @Nullable URI loki() {
      return null;
    }

    /** Returns the Alertmanagers notified by actions. */
    default List<URI> alertmanagers() {
      return List.of();
    }

    /** Returns a copy of the rules with a different log store and other Alertmanagers. */
    default Rules with(@Nullable URI logStore, List<URI> notified) {
      Rules of = this;
      return new Rules() {
        @Override
        public List<AutomationRule> automation() throws IOException {
          return of.automation();
        }

        @Override
        public Manifests manifests() throws IOException {
          return of.manifests();
        }

        @Override
        public @Nullable URI prometheus() {
          return of.prometheus();
        }

        @Override
        public @Nullable URI loki() {
          return logStore;
        }

        @Override
        public List<URI> alertmanagers() {
          return notified;
        }

        @Override
        public Repository.@Nullable Settings repository() {
          return of.repository();
        }

        @Override
        public @Nullable String variable(String name) {
          return of.variable(name);
        }

        @Override
        public @Nullable SourceFiles cluster() {
          return of.cluster();
        }

        @Override
        public SignOn.@Nullable Settings signOn() {
          return of.signOn();
        }
      };
    }

    /** Returns the configuration repository; null if none. */
    default Repository.@Nullable Settings repository() {
      return null;
    }

    /** Returns an environment variable of the process; null if it is not set. */
    default @Nullable String variable(String name) {
      return System.getenv(name);
    }

    /** Returns the cluster objects that replace a repository; null if none. */
    default @Nullable SourceFiles cluster() {
      return null;
    }

    /** Returns the issuer of user tokens; null if none. */
    default SignOn.@Nullable Settings signOn() {
      return null;
    }

    static Rules of(@Nullable Path automation, List<Path> manifests) {
      return of(automation, manifests, null, null, null, null);
    }

    static Rules of(
        @Nullable Path automation,
        List<Path> manifests,
        @Nullable URI prometheus,
        Repository.@Nullable Settings repository,
        @Nullable SourceFiles cluster,
        SignOn.@Nullable Settings signOn) {
      return new Rules() {
        @Override
        public List<AutomationRule> automation() throws IOException {
          return automation == null ? List.of() : AutomationRule.read(automation);
        }

        @Override
        public Manifests manifests() throws IOException {
          return ManifestReader.read(manifests);
        }

        @Override
        public @Nullable URI prometheus() {
          return prometheus;
        }

        @Override
        public Repository.@Nullable Settings repository() {
          return repository;
        }

        @Override
        public @Nullable SourceFiles cluster() {
          return cluster;
        }

        @Override
        public SignOn.@Nullable Settings signOn() {
          return signOn;
        }
      };
    }
  }

  /**
   * Starts one with rules of automation; parameters as for the other.
   *
   * @param automation file of {@link AutomationRule}; null for no rules
   * @param manifests files and folders with resources of MDAI
   * @throws dev.tethys.config.ConfigException if a rule is invalid
   */
  public static ControlServer start(
      HttpListenerOptions options,
      Path data,
      @Nullable Path tokenFile,
      Components components,
      int maxAgents,
      @Nullable Path automation,
      List<Path> manifests)
      throws IOException {
    return start(options, data, tokenFile, components, maxAgents, Rules.of(automation, manifests));
  }

  static ControlServer start(
      HttpListenerOptions options,
      Path data,
      @Nullable Path tokenFile,
      Components components,
      int maxAgents,
      Rules rules)
      throws IOException {
    Tokens tokens = tokenFile == null ? Tokens.NONE : Tokens.read(tokenFile);
    SignOn.Settings issuer = rules.signOn();
    return new ControlServer(
        options,
        data,
        issuer == null ? tokens : tokens.with(new SignOn(issuer, InstantSource.system())),
        components,
        maxAgents,
        Scheduler.system(),
        rules);
  }

  /**
   * Reloads the rule files; if one is invalid, nothing changes.
   *
   * @throws dev.tethys.config.ConfigException if a rule is invalid
   * @throws IOException if a file cannot be read
   */
  public void reload() throws IOException {
    List<AutomationRule> automated = rules.automation();
    Manifests manifests = rules.manifests();
    defined.takeFlags(automated, manifests);
    LOG.log(
        Level.INFO,
        "Rules read rules={0} resources={1} ignored={2}",
        automated.size(),
        manifests.resources().size(),
        manifests.ignored().size());
  }

  private void reload(HttpRequest q, HttpResponse r, String user) throws IOException {
    reload();
    r.send();
  }

  private void tick() {
    if (closed) {
      return;
    }
    if (mayAct.getAsBoolean()) {
      steps();
    }
    clock.schedule(STEP, () -> clock.execute("control-step", this::tick));
  }

  private void requireToAct() {
    if (!mayAct.getAsBoolean()) {
      throw new HttpException(503, "this process no longer leads, and ends");
    }
  }

  private void steps() {
    step("Agents", fleet::expire);
    step("Rollouts", rollouts::step);
    step("Live controls", controls::step);
    step("Counts of live controls", () -> counts.step(clock, controls.state().all));
    step("Shares of quotas", shares::step);
    step("Quotas", quotas::step);
    step("Automation", events::step);
    step("Results of automation", steps::save);
    step("Replays", () -> replays.step(hubs));
  }

  /** Runs a step so that its failure does not prevent the others; its next run may succeed. */
  private static void step(String what, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, what + " not continued", e);
    }
  }

  /** Whether an address to listen on is one of this machine alone. */
  public static boolean isLoopback(String address) {
    int colon = address.lastIndexOf(':');
    String host = colon < 0 ? address : address.substring(0, colon);
    if (host.isEmpty()) {
      return false;
    }
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    InetSocketAddress a = new InetSocketAddress(bare, 0);
    return a.getAddress() != null && a.getAddress().isLoopbackAddress();
  }

  /** Returns the fleet of agents. */
  Fleet fleet() {
    return fleet;
  }

  /** Returns the bound port. */
  public int port() {
    return listener.port();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    if (repository != null) {
      repository.close();
    }
    listener.close();
    automation.close();
    replays.close();
    steps.save();
    counts.save(controls.state().all);
    shares.save();
    store.close();
    audit.close();
    bindings.close();
    lock.close();
  }
}
