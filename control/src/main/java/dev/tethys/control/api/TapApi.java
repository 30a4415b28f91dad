package dev.tethys.control.api;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Selector;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.rollout.OutputComparison;
import dev.tethys.control.rollout.OutputKeys;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.pipeline.web.NodeRecords;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Params;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * API of data that agents read for a user.
 *
 * <p>{@code /api/v1/control/tap} has the records before and after a node, {@code /follow} the path
 * of a record, {@code /findings} personal data in exported records, and {@code /nodes} and {@code
 * /recommendations} the respective lists. Agents mask personal data; agents without a live tap
 * return an error.
 */
public final class TapApi {
  /** Maximum number of agents per tap. */
  public static final int MAX_AGENTS = 20;

  private static final int MAX_TAPS = 4;

  /** Limits the taps of one user, so that one user cannot block all others. */
  private static final int MAX_OF_USER = MAX_TAPS / 2;

  /** Time of the sample for recommendations. */
  private static final double RECOMMENDATION_SECONDS = 10;

  /** Time for which a record is followed and exporters are searched. */
  private static final double FOLLOW_SECONDS = 5;

  /** Additional time for agents to respond after the tap ends. */
  private static final double GRACE_SECONDS = 3;

  /** Members forwarded from an agent's response. */
  private static final List<String> ANSWERED =
      List.of(
          "error",
          "records",
          "skippedBatches",
          "recommendations",
          "hops",
          "ends",
          "batchesNotRead",
          "destinations",
          "exporters",
          "nodes",
          "pipelines");

  private final Fleet fleet;
  private final Tokens tokens;
  private final Rollouts rollouts;
  private final AtomicLong names = new AtomicLong();
  private final Map<String, Answers> open = new ConcurrentHashMap<>(); // by name

  /** Responses to one tap. */
  private static final class Answers {
    private final String user;

    @GuardedBy("this")
    private final Map<UUID, byte @Nullable []> byAgent = new HashMap<>();

    private final CountDownLatch missing;
    private volatile boolean abandoned;

    Answers(String user, List<UUID> asked) {
      this.user = user;
      missing = new CountDownLatch(asked.size());
      asked.forEach(u -> byAgent.put(u, null));
    }

    synchronized void add(UUID uid, byte[] data) {
      if (byAgent.containsKey(uid) && byAgent.get(uid) == null) {
        byAgent.put(uid, data);
        missing.countDown();
      }
    }

    /** Ends the wait, because no client is left. */
    void abandon() {
      abandoned = true;
      while (missing.getCount() > 0) {
        missing.countDown();
      }
    }

    synchronized byte @Nullable [] of(UUID uid) {
      return byAgent.get(uid);
    }
  }

  public TapApi(Fleet fleet, Tokens tokens, Rollouts rollouts) {
    this.rollouts = rollouts;
    this.fleet = fleet;
    this.tokens = tokens;
    fleet.takeTaps(this::take);
  }

  public void addTo(Routes routes) {
    routes.get(ControlApi.ROOT + "/tap", ControlApi.on(tokens, Tokens.Role.OPERATOR, this::answer));
    routes.get(
        ControlApi.ROOT + "/recommendations",
        ControlApi.on(tokens, Tokens.Role.OPERATOR, this::recommend));
    routes.get(
        ControlApi.ROOT + "/follow", ControlApi.on(tokens, Tokens.Role.OPERATOR, this::follow));
    routes.get(
        ControlApi.ROOT + "/findings", ControlApi.on(tokens, Tokens.Role.OPERATOR, this::findings));
    routes.get(
        ControlApi.ROOT + "/rollouts/{id}/keys",
        ControlApi.on(tokens, Tokens.Role.OPERATOR, this::keys));
    routes.get(
        ControlApi.ROOT + "/nodes",
        ControlApi.on(
            tokens,
            Tokens.Role.OPERATOR,
            (q, u) -> ask(q, u, NodeRecords.Request.nodes(), selector(q))));
  }

  private void take(UUID uid, CustomMessage m) {
    Answers a = open.get(m.type());
    if (a != null) {
      a.add(uid, m.data());
    }
  }

  private JsonNode answer(HttpRequest q, String user) throws IOException {
    return ask(q, user, request(q.query()), selector(q));
  }

  private JsonNode recommend(HttpRequest q, String user) throws IOException {
    String seconds = q.query().first("seconds");
    Selector selector = selector(q);
    NodeRecords.Request r =
        NodeRecords.Request.recommendations(
            seconds == null ? RECOMMENDATION_SECONDS : ControlApi.number("seconds", seconds));
    return FleetAdvice.of(ask(q, user, r, selector).path("agents"), selector);
  }

  private JsonNode findings(HttpRequest q, String user) throws IOException {
    String seconds = q.query().first("seconds");
    NodeRecords.Request r =
        NodeRecords.Request.findings(
            seconds == null ? FOLLOW_SECONDS : ControlApi.number("seconds", seconds));
    return FleetFindings.of(ask(q, user, r, selector(q)).path("agents"));
  }

  /** Compares the attribute keys of agents with a rollout's version to those of other agents. */
  private JsonNode keys(HttpRequest q, String user) throws IOException {
    String seconds = q.query().first("seconds");
    NodeRecords.Request r =
        NodeRecords.Request.keys(
            seconds == null ? FOLLOW_SECONDS : ControlApi.number("seconds", seconds));
    long id = ControlApi.number("rollout", q.pathParam("id"));
    ConfigVersion version = rollouts.version(id);
    Selector selector = rollouts.selector(id).and(tokens.scope(q));
    Set<UUID> with = new LinkedHashSet<>();
    List<UUID> asked = new ArrayList<>();
    for (AgentState a : fleet.agents(selector)) {
      boolean has =
          version.hash().equals(a.configHash()) && a.configState() == RemoteStatus.State.APPLIED;
      int others = asked.size() - with.size();
      if (a.connected() && (has ? with.size() : others) < OutputComparison.MAX_AGENTS) {
        asked.add(a.uid());
        if (has) {
          with.add(a.uid());
        }
      }
    }
    if (with.isEmpty() || with.size() == asked.size()) {
      throw new ConflictException(
          (with.isEmpty() ? "no" : "every")
              + " connected agent of \""
              + selector
              + "\" runs "
              + version.name()
              + "/"
              + version.number()
              + "; attribute keys are compared while some do, such as in the first stages");
    }
    return OutputKeys.compare(ask(q, user, r, asked).path("agents"), with);
  }

  private JsonNode follow(HttpRequest q, String user) throws IOException {
    Params p = q.query();
    String signal = p.first("signal");
    String contains = p.first("contains");
    String seconds = p.first("seconds");
    return ask(
        q,
        user,
        NodeRecords.Request.follow(
            signal == null ? "" : signal,
            contains == null ? "" : contains,
            seconds == null ? FOLLOW_SECONDS : ControlApi.number("seconds", seconds)),
        selector(q));
  }

  private Selector selector(HttpRequest q) {
    String text = q.query().first("selector");
    return Selector.parse(text == null ? "" : text).and(tokens.scope(q));
  }

  private JsonNode ask(HttpRequest q, String user, NodeRecords.Request r, Selector selector)
      throws IOException {
    List<UUID> agents =
        fleet.agents(selector).stream().filter(AgentState::connected).map(AgentState::uid).toList();
    if (agents.isEmpty()) {
      throw new NotFoundException("no connected agent matches the selector \"" + selector + "\"");
    }
    if (agents.size() > MAX_AGENTS) {
      throw new IllegalArgumentException(
          "the selector matches "
              + agents.size()
              + " connected agents; a tap reads at most "
              + MAX_AGENTS);
    }
    return ask(q, user, r, agents);
  }

  private JsonNode ask(HttpRequest q, String user, NodeRecords.Request r, List<UUID> agents)
      throws IOException {
    String name = "tap-" + names.incrementAndGet();
    Answers answers = open(name, user, agents, q);
    HttpRequest.Watch gone = q.whenClientGone(answers::abandon);
    try {
      return read(name, answers, r, agents);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the tap was interrupted", e);
    } finally {
      gone.close();
      open.remove(name);
    }
  }

  /**
   * Acquires a slot; without users all requests share one user.
   *
   * @throws HttpException 429 if none is free
   */
  private synchronized Answers open(String name, String user, List<UUID> agents, HttpRequest q) {
    List<String> users = open.values().stream().map(a -> a.user).sorted().toList();
    if (users.size() >= MAX_TAPS) {
      String whose =
          !user.isEmpty() && tokens.allows(q, Tokens.Role.ADMIN)
              ? ", of " + String.join(", ", new LinkedHashSet<>(users))
              : "";
      throw new HttpException(
          429, MAX_TAPS + " taps are running" + whose + ", the limit; try again later");
    }
    if (!user.isEmpty() && users.stream().filter(user::equals).count() >= MAX_OF_USER) {
      throw new HttpException(
          429,
          MAX_OF_USER
              + " of your taps are running, the limit of a user; end one or try again later");
    }
    Answers a = new Answers(user, agents);
    open.put(name, a);
    return a;
  }

  private static NodeRecords.Request request(Params p) {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    for (String name : List.of("node", "contains")) {
      String v = p.first(name);
      if (v != null) {
        n.put(name, v);
      }
    }
    for (String name : List.of("seconds", "records", "perSecond")) {
      String v = p.first(name);
      try {
        if (v != null && name.equals("records")) {
          n.put(name, Long.parseLong(v));
        } else if (v != null) {
          n.put(name, Double.parseDouble(v));
        }
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(name + " must be a number, not " + v, e);
      }
    }
    return NodeRecords.Request.read(n.toString());
  }

  private JsonNode read(String name, Answers answers, NodeRecords.Request r, List<UUID> agents)
      throws InterruptedException {
    byte[] body = r.json().getBytes(StandardCharsets.UTF_8);
    for (UUID uid : agents) {
      if (!fleet.send(uid, new CustomMessage(AgentContract.TAP, name, body))) {
        answers.add(
            uid,
            NodeRecords.error("the agent has no WebSocket, or too many messages wait for it")
                .getBytes(StandardCharsets.UTF_8));
      }
    }
    long most = (long) ((r.seconds() + GRACE_SECONDS) * 1000);
    boolean complete = answers.missing.await(most, TimeUnit.MILLISECONDS) && !answers.abandoned;
    ObjectNode out = JsonMapper.shared().createObjectNode().put("complete", complete);
    ArrayNode all = out.putArray("agents");
    for (UUID uid : agents) {
      byte[] answer = answers.of(uid);
      if (answer == null && answers.abandoned) {
        fleet.send(uid, new CustomMessage(AgentContract.TAP, name, AgentContract.END_TAP));
      }
      all.add(json(uid, answer));
    }
    return out;
  }

  private static ObjectNode json(UUID uid, byte @Nullable [] data) {
    ObjectNode n = JsonMapper.shared().createObjectNode().put("uid", uid.toString());
    if (data == null) {
      return n.put("error", "no answer in time");
    }
    try {
      JsonNode answer = JsonMapper.shared().readTree(data);
      for (String key : ANSWERED) {
        if (answer.has(key)) {
          n.set(key, answer.get(key));
        }
      }
      return n;
    } catch (JacksonException e) {
      return n.put("error", "the response is not JSON");
    }
  }
}
