package dev.tethys.control.rollout;

import dev.tethys.control.access.Actor;
import dev.tethys.control.access.Selector;
import dev.tethys.control.fleet.RecentIntake;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.rollout.Rollout.Assignment;
import dev.tethys.control.rollout.Rollout.Given;
import dev.tethys.control.rollout.Rollout.Reached;
import dev.tethys.control.state.StateFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * File of rollouts and assignments, replaced as a whole by a rename.
 *
 * <p>Format: a JSON object with {@code format} (1), {@code nextId}, {@code assignments}, {@code
 * bases}, {@code forgotten} and {@code rollouts}; with {@code layers} the assignments are all of a
 * configuration, else its last one. An active rollout continues when the control plane restarts:
 * the timeouts of its agents start again, and do not apply to an agent that has not reconnected.
 */
public final class RolloutState {
  private final StateFile file;

  public RolloutState(Path file) {
    this.file = new StateFile(file);
  }

  /**
   * Contents of the state file.
   *
   * @param bases versions that agents ran before any rollout
   * @param forgotten versions of removed rollouts
   */
  public record Loaded(
      long nextId,
      List<Rollout> rollouts,
      List<Assignment> assignments,
      Map<UUID, Given> bases,
      List<Given> forgotten) {}

  public Loaded load(long nowNanos) throws IOException {
    return file.read(
        n -> {
          List<Rollout> rollouts = new ArrayList<>();
          for (JsonNode r : n.path("rollouts")) {
            rollouts.add(rollout(r, nowNanos));
          }
          List<Assignment> assignments = new ArrayList<>();
          for (JsonNode a : n.path("assignments")) {
            assignments.add(assignment(a));
          }
          Map<UUID, Given> bases = new HashMap<>();
          for (JsonNode b : n.path("bases")) {
            bases.put(UUID.fromString(b.path("uid").asString("")), given(b));
          }
          List<Given> forgotten = new ArrayList<>();
          for (JsonNode f : n.path("forgotten")) {
            forgotten.add(given(f));
          }
          List<Assignment> all =
              n.path("layers").asBoolean(false)
                  ? assignments
                  : Assignments.withFormer(assignments, rollouts);
          takeAdopted(rollouts, all);
          takeFormer(n, rollouts, bases);
          return new Loaded(n.path("nextId").asLong(1), rollouts, all, bases, forgotten);
        });
  }

  private static Given given(JsonNode n) {
    return new Given(n.path("configuration").asString(""), n.path("version").asInt(0));
  }

  /** Adds versions that an older file lists only in the assignments of rollouts. */
  private static void takeAdopted(List<Rollout> rollouts, List<Assignment> assignments) {
    for (Rollout r : rollouts) {
      for (Assignment a : assignments) {
        if (a.rollout() == r.id) {
          r.versions.add(a.version());
        }
      }
    }
  }

  /**
   * Adds the versions that agents ran before rollouts, which an older file has for each rollout:
   * those not from a rollout.
   */
  private static void takeFormer(JsonNode file, List<Rollout> rollouts, Map<UUID, Given> bases) {
    Set<Given> gave = new HashSet<>();
    rollouts.forEach(r -> r.versions.forEach(v -> gave.add(new Given(r.configuration, v))));
    for (JsonNode r : file.path("rollouts")) {
      for (JsonNode a : r.path("reached")) {
        Given former =
            new Given(a.path("formerConfiguration").asString(""), a.path("formerVersion").asInt(0));
        if (a.has("formerVersion") && !gave.contains(former)) {
          bases.putIfAbsent(UUID.fromString(a.path("uid").asString("")), former);
        }
      }
    }
  }

  private static Assignment assignment(JsonNode a) {
    return new Assignment(
        a.path("configuration").asString(""),
        a.path("version").asInt(0),
        Selector.parse(a.path("selector").asString("")),
        a.path("rollout").asLong(0));
  }

  private static Rollout rollout(JsonNode n, long nowNanos) {
    @Nullable Assignment before = n.has("before") ? assignment(n.path("before")) : null;
    Rollout r =
        new Rollout(
            n.path("id").asLong(0),
            n.path("configuration").asString(""),
            n.path("version").asInt(0),
            Selector.parse(n.path("selector").asString("")),
            new Guard(
                Duration.ofMillis(n.path("applyTimeoutMillis").asLong(0)),
                Duration.ofMillis(n.path("soakMillis").asLong(0)),
                n.path("maxLost").asDouble(0),
                n.path("query").asString(""),
                n.path("minItems").asLong(Guard.DEFAULT.minItems()),
                Duration.ofMillis(
                    n.path("maxWaitMillis").asLong(Guard.DEFAULT.maxWait().toMillis())),
                n.path("maxOutputChange").asDouble(0),
                n.path("maxMemoryGrowth").asDouble(0),
                Duration.ofMillis(n.path("maxQueueAgeMillis").asLong(0))),
            author(n),
            n.path("reason").asString(""),
            n.path("started").asLong(0),
            before);
    r.state = Rollout.State.valueOf(n.path("state").asString("").toUpperCase(Locale.ROOT));
    r.stateReason = n.path("stateReason").asString("");
    r.stage = n.path("stage").asInt(0);
    r.acceptedStage = n.path("acceptedStage").asInt(-1);
    r.endedBy =
        n.has("endedBy")
            ? cause(n.path("endedBy").asString(""))
            : n.path("undoneByGuard").asBoolean(false) ? Actor.Cause.GUARD : null;
    for (JsonNode v : n.path("versions")) {
      r.versions.add(v.asInt(0));
    }
    for (JsonNode uid : n.path("joined")) {
      r.joined.add(UUID.fromString(uid.asString("")));
    }
    r.pausedByGuard = n.path("pausedByGuard").asBoolean(false);
    r.pausedBySilence = n.path("pausedBySilence").asBoolean(false);
    r.silentMillis = n.path("silentMillis").asLong(0);
    r.othersLostBefore = shares(n.path("othersLost"));
    r.endedMillis = n.path("ended").asLong(0);
    for (JsonNode a : n.path("reached")) {
      Set<String> silent = new TreeSet<>();
      a.path("silent").forEach(e -> silent.add(e.asString("")));
      Set<String> late = new TreeSet<>();
      a.path("late").forEach(e -> late.add(e.asString("")));
      Reached x =
          new Reached(
              nowNanos,
              a.path("healthyBefore").asBoolean(true),
              shares(a.path("lost")),
              a.path("inPerSecond").asDouble(0),
              a.path("stage").asInt(0),
              a.path("delivered").asBoolean(false),
              silent,
              a.path("memory").asLong(0),
              late);
      x.excused = a.path("excused").asBoolean(false);
      x.intakeBefore = intake(a.path("intake"));
      r.reached.put(UUID.fromString(a.path("uid").asString("")), x);
    }
    return r;
  }

  private static Map<String, RecentIntake.Usual> intake(JsonNode n) {
    Map<String, RecentIntake.Usual> out = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : n.properties()) {
      double perSecond = e.getValue().path("perSecond").asDouble(0);
      if (perSecond > 0) {
        out.put(
            e.getKey(),
            new RecentIntake.Usual(
                perSecond,
                e.getValue().path("least").asDouble(0),
                Duration.ofMillis(e.getValue().path("silenceMillis").asLong(0))));
      }
    }
    return out;
  }

  /** Shares by signal; a file of an earlier release contains only the total share. */
  private static Map<String, Double> shares(JsonNode n) {
    Map<String, Double> out = new TreeMap<>();
    if (n.isNumber()) {
      out.put(Totals.ALL, n.asDouble(0));
    }
    n.properties().forEach(e -> out.put(e.getKey(), e.getValue().asDouble(0)));
    return out;
  }

  private static ObjectNode shares(Map<String, Double> of) {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    of.forEach(n::put);
    return n;
  }

  private static Actor.Cause cause(String word) {
    return Actor.Cause.valueOf(word.toUpperCase(Locale.ROOT));
  }

  /**
   * Reads the author. A file of an earlier release contains only the name, prefixed with the actor
   * kind.
   */
  private static Actor author(JsonNode n) {
    String name = n.path("author").asString("");
    return new Actor(
        n.has("startedBy")
            ? cause(n.path("startedBy").asString(""))
            : name.startsWith("automation:")
                ? Actor.Cause.RULE
                : name.startsWith("git:") || name.startsWith("kubernetes:")
                    ? Actor.Cause.SOURCE
                    : Actor.Cause.USER,
        name);
  }

  void save(Loaded state) throws IOException {
    ObjectNode n = StateFile.content();
    n.put("nextId", state.nextId).put("layers", true);
    ArrayNode as = n.putArray("assignments");
    state.assignments.forEach(a -> put(as.addObject(), a));
    ArrayNode bs = n.putArray("bases");
    state.bases.forEach((uid, b) -> put(bs.addObject().put("uid", uid.toString()), b));
    ArrayNode fs = n.putArray("forgotten");
    state.forgotten.forEach(f -> put(fs.addObject(), f));
    ArrayNode rs = n.putArray("rollouts");
    state.rollouts.forEach(r -> put(rs.addObject(), r));
    file.write(n);
  }

  private static void put(ObjectNode n, Given g) {
    n.put("configuration", g.configuration()).put("version", g.version());
  }

  private static void put(ObjectNode n, Assignment a) {
    n.put("configuration", a.configuration()).put("version", a.version());
    n.put("selector", a.selector().toString()).put("rollout", a.rollout());
  }

  private static void put(ObjectNode n, Rollout r) {
    n.put("id", r.id).put("configuration", r.configuration).put("version", r.version);
    n.put("selector", r.selector.toString());
    n.put("applyTimeoutMillis", r.guard.applyTimeout().toMillis());
    n.put("soakMillis", r.guard.soak().toMillis()).put("maxLost", r.guard.maxLost());
    n.put("query", r.guard.query()).put("minItems", r.guard.minItems());
    n.put("maxWaitMillis", r.guard.maxWait().toMillis());
    n.put("maxOutputChange", r.guard.maxOutputChange());
    n.put("maxMemoryGrowth", r.guard.maxMemoryGrowth());
    n.put("maxQueueAgeMillis", r.guard.maxQueueAge().toMillis());
    n.put("pausedByGuard", r.pausedByGuard).put("pausedBySilence", r.pausedBySilence);
    n.put("silentMillis", r.silentMillis);
    n.put("startedBy", r.startedBy.word());
    if (r.endedBy != null) {
      n.put("endedBy", r.endedBy.word());
    }
    ArrayNode versions = n.putArray("versions");
    r.versions.forEach(versions::add);
    ArrayNode joined = n.putArray("joined");
    r.joined.forEach(uid -> joined.add(uid.toString()));
    n.put("acceptedStage", r.acceptedStage);
    n.set("othersLost", shares(r.othersLostBefore));
    n.put("author", r.author).put("reason", r.reason).put("started", r.startedMillis);
    n.put("state", r.state.word()).put("stateReason", r.stateReason);
    n.put("stage", r.stage).put("ended", r.endedMillis);
    if (r.before != null) {
      put(n.putObject("before"), r.before);
    }
    ArrayNode all = n.putArray("reached");
    r.reached.forEach(
        (uid, x) -> {
          ObjectNode o = all.addObject().put("uid", uid.toString());
          o.put("healthyBefore", x.healthyBefore).set("lost", shares(x.lostBefore));
          o.put("inPerSecond", x.inPerSecondBefore).put("stage", x.stage);
          o.put("delivered", x.deliveredBefore).put("excused", x.excused);
          ArrayNode silent = o.putArray("silent");
          x.silentBefore.forEach(silent::add);
          ArrayNode late = o.put("memory", x.memoryBefore).putArray("late");
          x.lateBefore.forEach(late::add);
          ObjectNode intake = o.putObject("intake");
          x.intakeBefore.forEach(
              (key, u) ->
                  intake
                      .putObject(key)
                      .put("perSecond", u.perSecond())
                      .put("least", u.least())
                      .put("silenceMillis", u.silence().toMillis()));
        });
  }
}
