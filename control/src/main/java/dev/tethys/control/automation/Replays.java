package dev.tethys.control.automation;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.ConfigException;
import dev.tethys.control.mdai.Hubs;
import dev.tethys.control.mdai.Manifests;
import dev.tethys.control.mdai.ReplayHost;
import dev.tethys.control.mdai.ReplayRequest;
import dev.tethys.control.mdai.ReplaySpec;
import dev.tethys.control.mdai.Resource;
import dev.tethys.control.state.StateFile;
import dev.tethys.control.text.Texts;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Replays of MDAI, each a pipeline in this process from objects in S3 to a destination. An object
 * is passed on when the destination has the previous one, and its key and the items until then are
 * on disk: a replay continues after a restart. If a destination is down, the replay waits for it.
 *
 * <p>Format of the file, which is replaced as a whole: a JSON object with {@code format} (1) and
 * {@code replays}. Everything is guarded by this; hubs are called without the lock, since it calls
 * back with its own.
 */
public final class Replays implements ReplayHost {
  private static final System.Logger LOG = JulLogger.of(Replays.class.getName());
  private static final int MAX_RUNNING = 4;
  private static final int MAX_KEPT = 200;
  private static final long INTERVAL_NANOS = Duration.ofMillis(250).toNanos();
  private static final Duration STOP = Duration.ofSeconds(10);

  /**
   * Action of a rule that started a replay.
   *
   * @param word name of the step's action
   * @param target target of the step
   */
  public record Origin(String rule, Alert event, String word, String target, String actor) {}

  /** Receives the completion of replays started by rules; may call replays. */
  public interface Ended {
    /**
     * Records the end of a replay.
     *
     * @param error "" for a complete replay
     * @param items number of items that the destination has
     * @throws IOException if it cannot be recorded; it is passed again
     */
    void take(Origin origin, String replay, String error, long items) throws IOException;
  }

  private final FileAccess files = new RealFiles();
  private final LimitedLog failures = new LimitedLog(LOG);
  private final Path folder;
  private final StateFile file;
  private final Components components;
  private final Scheduler clock;
  private final ReplayPipeline pipeline;

  @GuardedBy("this")
  private final Map<String, Replay> all = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Map<String, String> invalid = new TreeMap<>(); // resources, and why

  @GuardedBy("this")
  private Manifests manifests = Manifests.NONE;

  private boolean defined; // whether resources are to be compared

  @GuardedBy("this")
  private long steppedNanos;

  @GuardedBy("this")
  private boolean closed;

  @GuardedBy("this")
  private final List<Replay> removed = new ArrayList<>(); // of rules, before their end

  private volatile Ended ended = (origin, replay, error, items) -> {};

  /**
   * Reads the saved replays.
   *
   * @param environment environment variables of the process, for the endpoint of S3
   */
  public Replays(
      Path data,
      Components components,
      Scheduler clock,
      Function<String, @Nullable String> environment)
      throws IOException {
    this.folder = data.resolve("replays");
    this.file = new StateFile(data.resolve("replays.json"));
    this.components = components;
    this.clock = clock;
    this.pipeline = new ReplayPipeline(folder, components, environment);
    load();
  }

  @Override
  public synchronized void check(ReplayRequest q) {
    if (all.containsKey(q.name())) {
      throw new IllegalArgumentException(
          "there is a replay "
              + q.name()
              + "; end it with cleanUpReplay, or use another name, since data would be repeated");
    }
    if (all.size() >= MAX_KEPT && removable() == null) {
      throw new IllegalArgumentException("there are " + MAX_KEPT + " replays, the limit");
    }
    pipeline.of(q, manifests.data());
  }

  @GuardedBy("this")
  private @Nullable String removable() {
    for (Replay r : all.values()) {
      if (!r.ofResource && r.state == Replay.State.COMPLETED && r.isReported()) {
        return r.request.name();
      }
    }
    return null;
  }

  @Override
  public synchronized void start(ReplayRequest q) {
    add(q, false, null);
    save();
  }

  /** Starts the replay of a rule, whose end is passed on; it was checked. */
  synchronized void start(ReplayRequest q, Origin origin) {
    add(q, false, origin);
    save();
  }

  /** Sets the receiver of ended replays of rules. */
  public void follow(Ended e) {
    ended = e;
  }

  @GuardedBy("this")
  private void add(ReplayRequest q, boolean ofResource, @Nullable Origin origin) {
    if (all.containsKey(q.name())) {
      return;
    }
    String oldest = all.size() >= MAX_KEPT ? removable() : null;
    if (oldest != null) {
      remove(oldest);
    }
    Replay r = new Replay(q, ofResource, origin);
    r.startedMillis = clock.millis();
    all.put(q.name(), r);
    LOG.log(Level.INFO, "Replay accepted replay={0} signal={1}", q.name(), q.spec().telemetry());
  }

  @Override
  public synchronized void end(String name) {
    remove(name);
    save();
  }

  @GuardedBy("this")
  private void remove(String name) {
    Replay r = all.remove(name);
    if (r == null) {
      return;
    }
    if (r.origin != null && !r.isOver()) {
      r.state = Replay.State.FAILED;
      r.error = "it was removed before its end";
      removed.add(r);
    }
    Graph g = r.graph;
    Path position = folder.resolve(name);
    clock.execute(
        "replay-end",
        () -> {
          if (g != null) {
            g.stop(STOP);
          }
          try {
            files.delete(position);
          } catch (IOException e) {
            LOG.log(Level.WARNING, "Position of a replay not deleted path=" + position, e);
          }
        });
    LOG.log(Level.INFO, "Replay removed replay={0} state={1}", name, r.state.word());
  }

  /**
   * Sets the resources, which are compared in the next step, when the resources of all sources are
   * known.
   */
  @Override
  public synchronized void define(Manifests next) {
    manifests = next;
    defined = true;
  }

  @GuardedBy("this")
  private void compare() {
    defined = false;
    invalid.clear();
    Map<String, ReplayRequest> wanted = new LinkedHashMap<>();
    for (Resource x : manifests.resources()) {
      if (x instanceof Resource.Replay r) {
        try {
          ReplayRequest q = ReplayRequest.of(r);
          pipeline.of(q, manifests.data());
          if (wanted.put(q.name(), q) != null) {
            throw new IllegalArgumentException("another namespace has a replay of this name");
          }
        } catch (IllegalArgumentException e) {
          invalid.put(r.meta().name(), String.valueOf(e.getMessage()));
        }
      }
    }
    for (Replay r : List.copyOf(all.values())) {
      ReplayRequest q = wanted.get(r.request.name());
      if (r.ofResource && !r.request.equals(q) && !invalid.containsKey(r.request.name())) {
        remove(r.request.name());
      } else if (!r.ofResource && q != null) {
        wanted.remove(q.name());
        invalid.put(q.name(), "a rule has started a replay of this name");
      }
    }
    wanted.values().forEach(q -> add(q, true, null));
    save();
  }

  /** Starts pending replays, and records ended ones. */
  public void step(Hubs hubs) {
    List<Replay> due = new ArrayList<>();
    synchronized (this) {
      long now = clock.nanos();
      if (closed || now - steppedNanos < INTERVAL_NANOS && steppedNanos != 0) {
        return;
      }
      steppedNanos = now;
      if (defined) {
        compare();
      }
      int running = 0;
      for (Replay r : all.values()) {
        running += r.graph == null ? 0 : 1;
      }
      for (Replay r : all.values()) {
        if (r.graph != null && r.isRead()) {
          complete(r);
        } else if (r.graph == null
            && (r.state == Replay.State.WAITING || r.state == Replay.State.RUNNING)
            && running < MAX_RUNNING) {
          running++;
          begin(r);
        }
        if (r.isOver() && !r.isReported()) {
          due.add(r);
        }
      }
      due.addAll(removed);
      removed.clear();
    }
    for (Replay r : due) {
      report(hubs, r);
    }
  }

  @GuardedBy("this")
  private void begin(Replay r) {
    r.state = Replay.State.RUNNING;
    Graph g =
        new Graph(
            new GraphServices(
                components,
                clock,
                new Outboxes(files, clock, RandomGenerator.getDefault()),
                r.ledger,
                r.metrics));
    r.graph = g;
    save();
    clock.execute("replay-start", () -> run(r, g));
  }

  private void run(Replay r, Graph g) {
    try {
      GraphConfig config;
      synchronized (this) {
        config = pipeline.of(r.request, manifests.data());
      }
      g.apply(config);
    } catch (IOException | ConfigException | IllegalArgumentException e) {
      String why =
          e instanceof IOException io ? IoFailures.describe(io) : String.valueOf(e.getMessage());
      LOG.log(Level.WARNING, "Replay failed replay={0} error=\"{1}\"", r.request.name(), why);
      synchronized (this) {
        r.state = Replay.State.FAILED;
        r.error = Texts.shortened(why, 1000);
        r.endedMillis = clock.millis();
        r.graph = null;
        save();
      }
      g.stop(Duration.ZERO);
    }
  }

  @GuardedBy("this")
  private void complete(Replay r) {
    Graph g = r.graph;
    long items = r.items();
    if (r.objects() == 0) {
      r.hint = r.nothingRead();
      LOG.log(
          Level.WARNING, "Replay without objects replay={0} why=\"{1}\"", r.request.name(), r.hint);
    }
    r.itemsSaved = items;
    r.state = Replay.State.COMPLETED;
    r.endedMillis = clock.millis();
    r.graph = null;
    if (g != null) {
      clock.execute("replay-end", () -> g.stop(STOP));
    }
    save();
    LOG.log(
        Level.INFO,
        "Replay completed replay={0} items={1}",
        r.request.name(),
        Long.toString(items));
  }

  private void report(Hubs hubs, Replay r) {
    ReplaySpec s = r.request.spec();
    try {
      if (r.origin != null) {
        pass(r, r.origin);
        return;
      }
      String error =
          hubs.report(r.request.name(), s.hub(), s.statusVariable(), r.state.word(), r.hint);
      synchronized (this) {
        r.reported = true;
        if (!error.isEmpty()) {
          r.error = error;
          LOG.log(
              Level.WARNING,
              "State of a replay not reported replay={0} error=\"{1}\"",
              r.request.name(),
              error);
        }
        save();
      }
    } catch (IOException e) { // the next step tries again
      synchronized (this) {
        if (all.get(r.request.name()) != r) {
          removed.add(r);
        }
      }
      failures.failure(Level.ERROR, "State of a replay not reported", r.request.name(), e);
    }
  }

  private void pass(Replay r, Origin origin) throws IOException {
    String error =
        r.state == Replay.State.COMPLETED ? "" : r.error.isEmpty() ? "it failed" : r.error;
    ended.take(origin, r.request.name(), error, r.items());
    synchronized (this) {
      r.reported = true;
      save();
    }
  }

  /** Renders all replays, including invalid resources. */
  public synchronized ArrayNode json() {
    ArrayNode out = JsonMapper.shared().createArrayNode();
    for (Replay r : all.values()) {
      r.describe(out.addObject());
    }
    invalid.forEach(
        (name, error) ->
            out.addObject()
                .put("name", name)
                .put("state", "invalid")
                .put("error", error)
                .put("resource", true));
    return out;
  }

  private void load() throws IOException {
    file.load(this::read);
  }

  private synchronized void read(JsonNode n) {
    for (JsonNode x : n.path("replays")) {
      Replay r = Replay.read(x);
      all.put(r.request.name(), r);
    }
  }

  /**
   * Saves the state. A change that is not saved is detected again: positions have separate files.
   */
  @GuardedBy("this")
  private void save() {
    ObjectNode n = StateFile.content();
    ArrayNode out = n.putArray("replays");
    for (Replay r : all.values()) {
      r.write(out.addObject());
    }
    try {
      file.write(n);
    } catch (IOException e) {
      failures.failure(Level.ERROR, "Replays not saved", file.toString(), e);
    }
  }

  /**
   * Stops all replays concurrently, including requests in progress; they continue at the next
   * start.
   */
  public void close() {
    List<Graph> running = new ArrayList<>();
    synchronized (this) {
      closed = true;
      for (Replay r : all.values()) {
        if (r.graph != null) {
          running.add(r.graph);
        }
      }
    }
    CountDownLatch stopped = new CountDownLatch(running.size());
    for (Graph g : running) {
      clock.execute(
          "replay-stop",
          () -> {
            try {
              g.stop(STOP);
            } finally {
              stopped.countDown();
            }
          });
    }
    try {
      if (!stopped.await(2 * STOP.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.log(Level.WARNING, "Replays not stopped in time; an object of each may be repeated");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      save();
    }
  }
}
