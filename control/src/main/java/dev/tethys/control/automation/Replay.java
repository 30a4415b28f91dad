package dev.tethys.control.automation;

import dev.tethys.control.mdai.ReplayRequest;
import dev.tethys.control.mdai.ReplaySpec;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Replay that has started and not ended. */
final class Replay {
  private static final String DONE = "tethys_awss3_receiver_done";
  private static final String ITEMS = "tethys_awss3_receiver_range_items";
  private static final String OBJECTS = "tethys_awss3_receiver_range_objects";

  /** Replay states. */
  enum State {
    WAITING,
    RUNNING,
    COMPLETED,
    FAILED;

    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  final ReplayRequest request;
  final boolean ofResource;
  final Replays.@Nullable Origin origin; // null unless a rule started it
  State state = State.WAITING;
  String error = "";
  boolean reported;
  long startedMillis;
  long endedMillis;
  String hint = ""; // reason for an unusual end
  long itemsSaved; // as last saved here; the file of the position is exact
  final Registry metrics = new Registry();
  final AccountingRegistry ledger = new AccountingRegistry();
  @Nullable Graph graph;

  Replay(ReplayRequest request, boolean ofResource, Replays.@Nullable Origin origin) {
    this.request = request;
    this.ofResource = ofResource;
    this.origin = origin;
  }

  boolean isOver() {
    return state == State.COMPLETED || state == State.FAILED;
  }

  /**
   * Returns the number of items delivered to the destination by all processes that ran the replay.
   */
  long items() {
    return Math.max(itemsSaved, read(ITEMS));
  }

  boolean isRead() {
    return read(DONE) == 1;
  }

  /** Returns the value of a receiver metric; 0 until it exists. */
  private long read(String metric) {
    long sum = 0;
    for (MetricFamily f : metrics.gather()) {
      if (f.name().equals(metric)) {
        for (var m : f.metrics()) {
          sum += m.point() instanceof MetricFamily.Value v ? (long) v.value() : 0;
        }
      }
    }
    return sum;
  }

  /** Returns the number of archive objects read. */
  long objects() {
    return read(OBJECTS);
  }

  /** Whether its end is reported, or requires no report. */
  boolean isReported() {
    return reported || request.spec().statusVariable().isEmpty() && origin == null;
  }

  /** Explains why a replay has found no object. */
  String nothingRead() {
    ReplaySpec s = request.spec();
    return "no objects of "
        + s.telemetry()
        + " between "
        + s.start()
        + " and "
        + s.end()
        + " below s3://"
        + s.bucket()
        + "/"
        + s.path()
        + "; check times (UTC), path, prefix and partition";
  }

  /** Writes its status for users. */
  void describe(ObjectNode n) {
    ReplaySpec s = request.spec();
    n.put("name", request.name()).put("hub", s.hub());
    Graph running = graph;
    List<String> waits = running == null ? List.of() : running.waits();
    String shown = error.isEmpty() && !waits.isEmpty() ? "waiting: " + waits.getFirst() : error;
    n.put("state", state.word()).put("error", shown).put("items", items());
    n.put("hint", hint);
    n.put("signal", s.telemetry()).put("from", s.start()).put("to", s.end());
    n.put("source", "s3://" + s.bucket() + "/" + s.path()).put("destination", s.destination());
    n.put("resource", ofResource);
    n.put("startedMillis", startedMillis).put("endedMillis", endedMillis);
  }

  /** Reads a saved replay. */
  static Replay read(JsonNode x) {
    ReplaySpec s = JsonMapper.shared().treeToValue(x.path("spec"), ReplaySpec.class);
    Replay r =
        new Replay(
            new ReplayRequest(x.path("name").asString(""), x.path("namespace").asString(""), s),
            x.path("ofResource").asBoolean(false),
            x.has("origin")
                ? JsonMapper.shared().treeToValue(x.path("origin"), Replays.Origin.class)
                : null);
    r.state = State.valueOf(x.path("state").asString("").toUpperCase(Locale.ROOT));
    r.error = x.path("error").asString("");
    r.hint = x.path("hint").asString("");
    r.reported = x.path("reported").asBoolean(false);
    r.startedMillis = x.path("started").asLong(0);
    r.endedMillis = x.path("ended").asLong(0);
    r.itemsSaved = x.path("items").asLong(0);
    return r;
  }

  /** Writes it to be saved. */
  void write(ObjectNode x) {
    x.put("name", request.name());
    x.put("namespace", request.namespace());
    x.set("spec", JsonMapper.shared().valueToTree(request.spec()));
    x.put("state", state.word()).put("error", error).put("reported", reported);
    x.put("ofResource", ofResource).put("items", items()).put("hint", hint);
    x.put("started", startedMillis).put("ended", endedMillis);
    if (origin != null) {
      x.set("origin", JsonMapper.shared().valueToTree(origin));
    }
  }
}
