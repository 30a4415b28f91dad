package dev.tethys.control.api;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.ControlRequest;
import dev.tethys.control.access.Selector;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.live.ControlCounts;
import dev.tethys.control.live.ControlEffects;
import dev.tethys.control.live.Controls;
import dev.tethys.control.live.LiveControl;
import dev.tethys.control.live.QuotaShares;
import dev.tethys.control.live.QuotaWatch;
import dev.tethys.control.opamp.Offers;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import dev.tethys.pipeline.processor.control.Control;
import dev.tethys.pipeline.processor.control.QuotaRule;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** HTTP API of live controls under {@code /api/v1/control/controls}. */
public final class ControlsApi {
  private static final String ROOT = ControlApi.ROOT + "/controls";
  private static final int MAX_BODY = 64 << 10;
  private static final int MAX_LISTED = 10_000;
  private static final int MAX_PREVIEWS = 4;

  /** Uses of a quota that are shown of each agent, the largest. */
  private static final int MAX_USES = 10;

  private static final Duration LONGEST_WINDOW = Duration.ofMinutes(1);

  /** Time for agents to apply a preview and report it after its window. */
  private static final Duration REPORT = Duration.ofMillis(1_200);

  /** Age up to which sums over the fleet are shown again. */
  private static final Duration FRESH = Duration.ofMillis(500);

  private static final JsonMapper JSON = JsonMapper.shared();

  private final Fleet fleet;
  private final Controls controls;
  private final ControlCounts counts;
  private final QuotaShares shares;
  private final Offers offers;
  private final Tokens tokens;
  private final Scheduler clock;
  private final ControlEffects effects;
  private final Semaphore previews = new Semaphore(MAX_PREVIEWS);

  @GuardedBy("this")
  private @Nullable ControlSums sums;

  @GuardedBy("this")
  private long sumsNanos;

  public ControlsApi(
      Fleet fleet,
      Controls controls,
      ControlCounts counts,
      QuotaShares shares,
      Offers offers,
      Tokens tokens,
      ControlEffects effects,
      Scheduler clock) {
    this.effects = effects;
    this.fleet = fleet;
    this.controls = controls;
    this.counts = counts;
    this.shares = shares;
    this.offers = offers;
    this.tokens = tokens;
    this.clock = clock;
  }

  public void addTo(Routes routes) {
    routes.get(ROOT, ControlApi.on(tokens, Tokens.Role.VIEWER, this::list));
    routes.post(ROOT, ControlApi.on(tokens, Tokens.Role.OPERATOR, this::start));
    routes.post(ROOT + "/preview", ControlApi.on(tokens, Tokens.Role.OPERATOR, this::preview));
    routes.get(
        ControlApi.ROOT + "/quotas", ControlApi.on(tokens, Tokens.Role.VIEWER, this::quotas));
    routes.get(
        ROOT + "/{id}",
        ControlApi.on(
            tokens,
            Tokens.Role.VIEWER,
            (q, u) -> json(controls.get(q.pathParam("id")), tokens.scope(q))));
    routes.delete(ROOT + "/{id}", ControlApi.on(tokens, Tokens.Role.OPERATOR, this::end));
  }

  private static ControlRequest request(HttpRequest q) throws IOException {
    return ControlRequest.read("body", new String(q.bodyBytes(MAX_BODY), StandardCharsets.UTF_8));
  }

  private JsonNode start(HttpRequest q, String user) throws IOException {
    ControlRequest r = request(q).within(tokens.scope(q));
    ControlApi.requiredReason("member \"reason\"", r.control().reason());
    if (!r.control().id().isEmpty() && !Selector.ALL.isWithin(tokens.scope(q))) {
      // Rules and repositories know their controls by id, for agents outside the scope as well.
      throw new HttpException(
          403, "a token with a selector cannot choose the id of a control: leave id out");
    }
    List<AgentState> agents = fleet.agents(r.selector());
    if (!r.awaitAgents()) {
      requireAgents(
          agents,
          r.selector(),
          tokens.scope(q),
          "; awaitAgents starts it for those that connect later");
    }
    ControlTargets.of(r.control(), agents).require(r.control());
    return json(controls.start(r, ControlApi.author(r.author(), user)), tokens.scope(q));
  }

  /** Refuses a selector that matches no agent: its control would change nothing, silently. */
  private static void requireAgents(
      List<AgentState> agents, Selector selector, Selector scope, String remedy) {
    if (agents.isEmpty() && !selector.matchers().isEmpty()) {
      throw new ConflictException(
          "no known agent matches \""
              + selector
              + "\""
              + (scope.matchers().isEmpty()
                  ? ""
                  : ", which has the conditions of the token, " + scope)
              + remedy);
    }
  }

  private JsonNode end(HttpRequest q, String user) throws IOException {
    JsonNode body = ControlApi.body(q);
    ControlApi.checkKeys(body, "author", "reason");
    String id = q.pathParam("id");
    tokens.requireScope(q, "control " + id, controls.get(id).selector());
    return json(
        controls.end(id, ControlApi.author(body, user), ControlApi.requiredReason(body)),
        tokens.scope(q));
  }

  private JsonNode list(HttpRequest q, String user) {
    String state = q.query().first("state");
    if (state != null && !state.equals("active") && !state.equals("ended")) {
      throw new IllegalArgumentException("state must be active or ended, not " + state);
    }
    int limit = ControlApi.limit(q.query(), MAX_LISTED);
    Selector scope = tokens.scope(q);
    ControlSums sums = Selector.ALL.isWithin(scope) ? sums() : sums(controls.state(), scope);
    ArrayNode out = JSON.createArrayNode();
    for (LiveControl c : List.copyOf(sums.of().all.values()).reversed()) {
      if (out.size() < limit && (state == null || c.isActive() == state.equals("active"))) {
        ObjectNode n = head(c);
        putScope(n, c, scope);
        sums.put(n, c);
        out.add(n);
      }
    }
    return out;
  }

  /** Sums of all controls, made at most a few times per second for all pages together. */
  private synchronized ControlSums sums() {
    ControlSums last = sums;
    Controls.State now = controls.state();
    if (last == null || last.of() != now || clock.nanos() - sumsNanos > FRESH.toNanos()) {
      last = sums(now, Selector.ALL);
      sums = last;
      sumsNanos = clock.nanos();
    }
    return last;
  }

  private ControlSums sums(Controls.State of, Selector scope) {
    return counts.shown(
        of.all,
        () ->
            ControlSums.over(
                of, fleet.agents(scope), counts, offers, Selector.ALL.isWithin(scope)));
  }

  private static ObjectNode head(LiveControl c) {
    ObjectNode n = (ObjectNode) JSON.readTree(c.control().json());
    n.put("selector", c.selector().toString()).put("state", c.isActive() ? "active" : "ended");
    n.remove("startMillis"); // of the settings, the same
    if (n.path("quota") instanceof ObjectNode quota) {
      quota.remove("agents"); // for agents alone
    }
    n.put("author", c.author());
    n.put("startedMillis", c.startedMillis()).put("endedMillis", c.endedMillis());
    n.put("endedBy", c.endedBy()).put("endReason", c.endReason());
    return n;
  }

  /** Adds the scope that makes sums smaller than those of the control. */
  private static void putScope(ObjectNode n, LiveControl c, Selector scope) {
    if (!c.selector().isWithin(scope)) {
      n.put("scope", scope.toString());
    }
  }

  /** Renders a control with each agent in a scope, and the effect on these agents. */
  private ObjectNode json(LiveControl c, Selector scope) {
    return counts.shown(controls.state().all, () -> made(c, scope));
  }

  private ObjectNode made(LiveControl c, Selector scope) {
    ObjectNode n = head(c);
    putScope(n, c, scope);
    ArrayNode agents = JSON.createArrayNode();
    Map<String, Integer> states = new TreeMap<>();
    ControlCounts.Sum sum = ControlCounts.Sum.NONE;
    for (AgentState a : fleet.agents(c.selector().and(scope))) {
      PipelineAccounts.Control t = counts(a, c);
      String state = offers.state(c, a);
      states.merge(state, 1, Integer::sum);
      ControlCounts.Sum own = counts.of(c, a);
      sum = sum.plus(own);
      ObjectNode one = agents.addObject().put("uid", a.uid().toString()).put("state", state);
      one.put("matched", own.matched()).put("dropped", own.dropped());
      one.put("changed", own.changed());
      QuotaWatch.put(one, t.quotas().subList(0, Math.min(t.quotas().size(), MAX_USES)));
      if (state.equals("failed") && a.remote() != null) {
        one.put("error", a.remote().error());
      }
    }
    if (Selector.ALL.isWithin(scope)) { // agents that are gone are in the sum as well
      sum = counts.of(c, fleet.agents(Selector.ALL));
    }
    n.put("matched", sum.matched()).put("dropped", sum.dropped()).put("changed", sum.changed());
    n.put("removedBytes", sum.removedBytes());
    effects.put(n, c, scope);
    ObjectNode s = n.putObject("agentStates");
    states.forEach(s::put);
    n.set("agents", agents);
    return n;
  }

  /**
   * Returns active quotas with their usage by value, largest first: for the entire fleet, including
   * disconnected agents, or for the agents in a token's scope.
   */
  private JsonNode quotas(HttpRequest q, String user) {
    ArrayNode out = JSON.createArrayNode();
    for (LiveControl c : controls.state().active.reversed()) {
      QuotaRule rule = c.control().quota();
      if (rule != null && !c.control().observe()) {
        Map<String, QuotaSum> sums = new HashMap<>();
        int agents = 0;
        long period = rule.periodAt(clock.millis());
        for (AgentState a : fleet.agents(c.selector().and(tokens.scope(q)))) {
          List<PipelineAccounts.QuotaUse> uses =
              counts(a, c).quotas().stream().filter(u -> u.period() == period).toList();
          agents += uses.isEmpty() ? 0 : 1;
          uses.forEach(
              u -> sums.computeIfAbsent(u.value(), v -> new QuotaSum(v, rule.limit())).add(a, u));
        }
        if (Selector.ALL.isWithin(tokens.scope(q))) {
          for (QuotaShares.Use u : shares.uses(c)) {
            sums.computeIfAbsent(u.value(), v -> new QuotaSum(v, rule.limit())).take(u);
          }
        }
        ObjectNode n = head(c).put("agents", agents);
        putScope(n, c, tokens.scope(q));
        ArrayNode values = n.putArray("values");
        sums.values().stream()
            .sorted(Comparator.comparingDouble((QuotaSum s) -> s.used).reversed())
            .forEach(s -> values.add(s.json()));
        out.add(n);
      }
    }
    return out;
  }

  /** Usage of one quota value across agents. */
  private static final class QuotaSum {
    private final String value;
    private final double limit;
    private double used;
    private String step = "";
    private final ArrayNode agents = JSON.createArrayNode();

    QuotaSum(String value, double limit) {
      this.value = value;
      this.limit = limit;
    }

    /** Uses the usage of the whole fleet instead of the sum over the known agents. */
    void take(QuotaShares.Use u) {
      used = u.used();
      step = u.step();
    }

    void add(AgentState a, PipelineAccounts.QuotaUse u) {
      used += u.used();
      step = QuotaWatch.further(step, u.step());
      agents
          .addObject()
          .put("uid", a.uid().toString())
          .put("used", u.used())
          .put("limit", u.limit())
          .put("step", u.step());
    }

    ObjectNode json() {
      ObjectNode n = JSON.createObjectNode().put("value", value).put("used", used);
      n.put("limit", limit).put("step", step).set("agents", agents);
      return n;
    }
  }

  private static PipelineAccounts.Control counts(AgentState a, LiveControl c) {
    Totals t = a.totals();
    return c.countsIn(t == null ? Totals.NONE : t);
  }

  /**
   * Counts for a window the items that a control would drop: it is created in observe-only mode.
   */
  private JsonNode preview(HttpRequest q, String user) throws IOException {
    ControlRequest d = request(q).within(tokens.scope(q));
    List<AgentState> known = fleet.agents(d.selector());
    requireAgents(known, d.selector(), tokens.scope(q), "");
    ControlTargets.of(d.control(), known).require(d.control());
    Duration window = d.window();
    if (window.compareTo(Duration.ofSeconds(1)) < 0 || window.compareTo(LONGEST_WINDOW) > 0) {
      throw new IllegalArgumentException("window must be from 1s to 1m, not " + d.window());
    }
    if (!previews.tryAcquire()) {
      throw new HttpException(
          429, MAX_PREVIEWS + " previews are running, the limit; try again later");
    }
    try {
      return preview(d, window, ControlApi.author(d.author(), user));
    } finally {
      previews.release();
    }
  }

  private JsonNode preview(ControlRequest d, Duration window, String author) throws IOException {
    Control observed = d.control().observing().with("", "", "", 0);
    LiveControl c =
        controls.start(observed, d.selector(), window.plus(REPORT).plus(REPORT), author, "preview");
    String id = c.control().id();
    Map<UUID, Long> before = new TreeMap<>();
    try {
      pause(REPORT);
      for (AgentState a : fleet.agents(d.selector())) {
        before.put(a.uid(), in(a));
      }
      Map<UUID, PipelineAccounts.Control> then = new TreeMap<>();
      fleet.agents(d.selector()).forEach(a -> then.put(a.uid(), counts(a, c)));
      long start = clock.nanos();
      pause(window);
      ObjectNode out = JSON.createObjectNode();
      ArrayNode agents = out.putArray("agents");
      long matched = 0;
      long dropped = 0;
      long changed = 0;
      long items = 0;
      long removed = 0;
      for (AgentState a : fleet.agents(d.selector())) {
        PipelineAccounts.Control was = then.getOrDefault(a.uid(), c.countsIn(Totals.NONE));
        PipelineAccounts.Control t = counts(a, c);
        long m = Math.max(0, t.matched() - was.matched());
        long n = Math.max(0, t.dropped() - was.dropped());
        long edited = Math.max(0, t.changed() - was.changed());
        long bytes = Math.max(0, t.removedBytes() - was.removedBytes());
        removed += bytes;
        long of = Math.max(0, in(a) - before.getOrDefault(a.uid(), in(a)));
        matched += m;
        dropped += n;
        changed += edited;
        items += of;
        agents
            .addObject()
            .put("uid", a.uid().toString())
            .put("state", offers.state(c, a))
            .put("items", of)
            .put("matched", m)
            .put("wouldDrop", n)
            .put("wouldChange", edited)
            .put("wouldRemoveBytes", bytes);
      }
      out.put("windowMillis", TimeUnit.NANOSECONDS.toMillis(clock.nanos() - start));
      out.put("items", items).put("matched", matched).put("wouldDrop", dropped);
      out.put("wouldChange", changed).put("wouldRemoveBytes", removed);
      return out;
    } finally {
      if (controls.active(id) != null) {
        controls.end(id, author, "preview is complete");
      }
    }
  }

  private static long in(AgentState a) {
    Totals t = a.totals();
    return t == null ? 0 : t.in();
  }

  private void pause(Duration d) throws IOException {
    CountDownLatch over = new CountDownLatch(1);
    Scheduler.Timer timer = clock.schedule(d, over::countDown);
    try {
      over.await();
    } catch (InterruptedException e) {
      timer.cancel();
      Thread.currentThread().interrupt();
      throw new IOException("the preview was interrupted", e);
    }
  }
}
