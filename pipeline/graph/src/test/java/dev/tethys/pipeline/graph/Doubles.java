package dev.tethys.pipeline.graph;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.batching.BatchProcessor;
import dev.tethys.pipeline.component.Adjustable;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.GraphWatcher;
import dev.tethys.pipeline.component.Outputs;
import dev.tethys.pipeline.component.PipelineWatcher;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.RunningGraph;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Components that record their calls. */
final class Doubles {
  /** Calls in order: {@code start in}, {@code stop out}. */
  final List<String> log = new CopyOnWriteArrayList<>();

  /** Receivers that run, by id. */
  final Map<String, Map<Signal, Consumer>> inputs = new ConcurrentHashMap<>();

  /** Batches received by exporters, by id. */
  final Map<String, List<Batch>> taken = new ConcurrentHashMap<>();

  /** Runs before an exporter with a queue accepts a request; may block. */
  volatile Runnable sending = () -> {};

  /** Configurations that extensions received. */
  final List<String> watched = new CopyOnWriteArrayList<>();

  /** Ids that cannot start. */
  final Set<String> broken = ConcurrentHashMap.newKeySet();

  Components components() {
    List<ComponentFactory<?>> all = new ArrayList<>();
    all.add(new In("in", false));
    all.add(new In("source", true));
    all.add(new HttpIn("http"));
    all.add(new HttpIn("web"));
    all.add(new Out());
    all.add(new Queued());
    all.add(new Tuned());
    all.add(new Pass());
    all.add(new Forward());
    all.add(new Waiting());
    all.add(new Auth());
    all.add(new BatchProcessor());
    all.add(new FolderStorage());
    return new Components(all);
  }

  private static final Section ANY = new Section("double", "A double.");
  private static final Key<Long> X = ANY.key("x", Type.INT, 0L, "Anything.");
  private static final Key<Reference> AUTH = ANY.optional("auth", Reference.TYPE, "Who.");

  record Settings(long x, @Nullable Reference auth) {}

  private static final Type<Settings> SETTINGS =
      ANY.type(o -> new Settings(o.get(X), o.find(AUTH)));

  private void started(String id) throws IOException {
    if (broken.contains(id)) {
      throw new IOException("the port is taken");
    }
    log.add("start " + id);
  }

  private final class In implements ReceiverFactory<Settings> {
    private final String type;
    private final boolean canWait;

    In(String type, boolean canWait) {
      this.type = type;
      this.canWait = canWait;
    }

    @Override
    public String type() {
      return type;
    }

    @Override
    public boolean canWait() {
      return canWait;
    }

    @Override
    public List<String> aliases() {
      return type.equals("in") ? List.of("input") : List.of();
    }

    @Override
    public String about() {
      return "In.";
    }

    @Override
    public Type<Settings> settings() {
      return SETTINGS;
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.LOGS, Signal.TRACES);
    }

    @Override
    public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context c) {
      Registry.Counter starts =
          c.metrics().counters("starts_total", "Starts.", "id").with(c.id().toString());
      Registry.Summary x =
          c.metrics().summaries("x", "Values.", new double[] {0.5}, "id").with(c.id().toString());
      return new Receiver() {
        @Override
        public void start() throws IOException {
          started(c.id().toString());
          starts.inc();
          x.observe(s.x());
          inputs.put(c.id().toString(), new HashMap<>(outputs));
        }

        @Override
        public void stop(Duration timeLimit) {
          inputs.remove(c.id().toString());
          log.add("stop " + c.id());
        }
      };
    }
  }

  /** Receiver of one item per request, with a path of its type. */
  private final class HttpIn implements ReceiverFactory<HttpServerSettings> {
    private final Section section;
    private final HttpServerSettings.Keys keys;

    HttpIn(String type) {
      section = new Section(type, "A receiver over HTTP.");
      keys = new HttpServerSettings.Keys(section, "127.0.0.1:0");
    }

    @Override
    public String type() {
      return section.name();
    }

    @Override
    public String about() {
      return "In.";
    }

    @Override
    public Type<HttpServerSettings> settings() {
      return section.type(keys::read);
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.LOGS);
    }

    @Override
    public Receiver create(HttpServerSettings s, Map<Signal, Consumer> outputs, Context c) {
      HttpServerEndpoint endpoint =
          new HttpServerEndpoint(
              new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), s, null);
      Consumer to = outputs.get(Signal.LOGS);
      if (to != null) {
        endpoint.post(
            "/" + type(),
            (q, r) ->
                HttpServerEndpoint.answer(
                    r,
                    ReceiverAdmission.deliver(
                        new Batch(Signal.LOGS, Encoding.OTLP, q.bodyBytes(100), 1, 0), to, q)));
      }
      return new PushReceiver(null, endpoint, c.clock()::nanos);
    }
  }

  /** A receiver that takes other settings while it works. */
  private final class Tuned implements ReceiverFactory<Settings> {
    @Override
    public String type() {
      return "tuned";
    }

    @Override
    public String about() {
      return "In, adjustable.";
    }

    @Override
    public Type<Settings> settings() {
      return SETTINGS;
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.LOGS);
    }

    @Override
    public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context c) {
      return new TunedReceiver(c);
    }
  }

  private final class TunedReceiver implements Receiver, Adjustable {
    private final Context context;

    TunedReceiver(Context context) {
      this.context = context;
    }

    @Override
    public void start() throws IOException {
      started(context.id().toString());
    }

    @Override
    public void adjust(Object settings) throws IOException {
      long x = ((Settings) settings).x();
      log.add("adjust " + context.id() + " to " + x);
      if (broken.contains(context.id() + " at " + x)) {
        throw new IOException("no such place");
      }
    }

    @Override
    public void stop(Duration timeLimit) {
      log.add("stop " + context.id());
    }
  }

  private final class Out implements ExporterFactory<Settings> {
    @Override
    public String type() {
      return "out";
    }

    @Override
    public String about() {
      return "Out.";
    }

    @Override
    public Type<Settings> settings() {
      return SETTINGS;
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.values());
    }

    @Override
    public Exporter create(Settings s, Signal signal, Context c) {
      if (s.auth() != null) {
        c.extension(s.auth(), Runnable.class);
      }
      List<Batch> to = taken.computeIfAbsent(c.id().toString(), k -> new CopyOnWriteArrayList<>());
      return new Exporter() {
        @Override
        public void start() throws IOException {
          started(c.id().toString());
        }

        @Override
        public void consume(Batch batch, AckCallback ack) {
          c.account(signal).through(batch.items());
          to.add(batch);
          ack.complete(Outcome.ACCEPTED);
        }

        @Override
        public void stop(Duration timeLimit) {
          log.add("stop " + c.id());
        }
      };
    }
  }

  private final class Queued implements ExporterFactory<DeliverySettings> {
    private final Section section =
        new Section("queued", "With a queue.").include(DeliverySettings.SECTION);

    @Override
    public String type() {
      return "queued";
    }

    @Override
    public String about() {
      return "Out, with a queue.";
    }

    @Override
    public Type<DeliverySettings> settings() {
      return section.type(o -> DeliverySettings.read(o, Duration.ofSeconds(5)));
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.values());
    }

    @Override
    public Exporter create(DeliverySettings s, Signal signal, Context c) {
      List<Batch> to = taken.computeIfAbsent(c.id().toString(), k -> new CopyOnWriteArrayList<>());
      return c.exporter(
          s,
          signal,
          b ->
              Encoder.Encoded.of(
                  new EncodedRequest(b.signal(), b.body(), b.items(), b.lane(), Map.of())),
          p -> {
            sending.run();
            to.add(
                new Batch(
                    p.signal(), dev.tethys.pipeline.Encoding.OTLP, p.body(), p.items(), p.lane()));
            return SendResult.DELIVERED;
          });
    }
  }

  private final class Pass implements ProcessorFactory<Settings> {
    @Override
    public String type() {
      return "pass";
    }

    @Override
    public String about() {
      return "Passes on.";
    }

    @Override
    public Type<Settings> settings() {
      return SETTINGS;
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.values());
    }

    @Override
    public Processor create(Settings s, Signal signal, Consumer next, Context c) {
      return new Processor() {
        @Override
        public void start() throws IOException {
          started(c.id().toString());
        }

        @Override
        public void consume(Batch batch, AckCallback ack) {
          c.account(signal).through(batch.items());
          next.consume(batch, ack);
        }

        @Override
        public void stop(Duration timeLimit) {
          log.add("stop " + c.id());
        }
      };
    }
  }

  private final class Forward implements ConnectorFactory<Settings> {
    @Override
    public String type() {
      return "forward";
    }

    @Override
    public String about() {
      return "Forwards.";
    }

    @Override
    public Type<Settings> settings() {
      return SETTINGS;
    }

    @Override
    public boolean connects(Signal from, Signal to) {
      return from == to;
    }

    @Override
    public Connector create(Settings s, Signal from, Signal to, Outputs outputs, Context c) {
      Consumer all = outputs.all();
      return new Connector() {
        @Override
        public void start() throws IOException {
          started(c.id().toString());
        }

        @Override
        public void consume(Batch batch, AckCallback ack) {
          c.account(from).through(batch.items());
          all.consume(batch, ack);
        }

        @Override
        public void stop(Duration timeLimit) {
          log.add("stop " + c.id());
        }
      };
    }
  }

  /** A connector with a queue. */
  private final class Waiting implements ConnectorFactory<DeliverySettings> {
    private final Section section =
        new Section("waiting", "With a queue.").include(DeliverySettings.SECTION);

    @Override
    public String type() {
      return "waiting";
    }

    @Override
    public String about() {
      return "Forwards, with a queue.";
    }

    @Override
    public Type<DeliverySettings> settings() {
      return section.type(o -> DeliverySettings.read(o, Duration.ofSeconds(5)));
    }

    @Override
    public boolean connects(Signal from, Signal to) {
      return from == to;
    }

    @Override
    public Connector create(
        DeliverySettings s, Signal from, Signal to, Outputs outputs, Context c) {
      Exporter queue =
          c.exporter(
              s,
              from,
              b ->
                  Encoder.Encoded.of(
                      new EncodedRequest(b.signal(), b.body(), b.items(), b.lane(), Map.of())),
              p -> {
                sending.run();
                outputs
                    .all()
                    .consume(
                        new Batch(
                            p.signal(),
                            dev.tethys.pipeline.Encoding.OTLP,
                            p.body(),
                            p.items(),
                            p.lane()),
                        AckCallback.NONE);
                return SendResult.DELIVERED;
              });
      return new Connector() {
        @Override
        public Exporter queue() {
          return queue;
        }

        @Override
        public void start() throws IOException {
          queue.start();
        }

        @Override
        public void consume(Batch batch, AckCallback ack) {
          queue.consume(batch, ack);
        }

        @Override
        public void stop(Duration timeLimit) {
          queue.stop(timeLimit);
        }
      };
    }
  }

  private final class Auth implements ExtensionFactory<Settings> {
    @Override
    public String type() {
      return "auth";
    }

    @Override
    public String about() {
      return "Somebody.";
    }

    @Override
    public Type<Settings> settings() {
      return SETTINGS;
    }

    @Override
    public Extension create(Settings s, Context c) {
      final class Running implements Extension, Runnable, GraphWatcher, PipelineWatcher {
        @Override
        public void runs(RunningGraph graph) {
          watched.add(
              c.id() + " " + s.x + " " + graph.extensions() + " " + graph.pipelines().getFirst());
        }

        @Override
        public void ready() {
          watched.add(c.id() + " " + s.x + " ready");
        }

        @Override
        public void notReady() {
          watched.add(c.id() + " " + s.x + " not ready");
        }

        @Override
        public void run() {
          // the capability
        }

        @Override
        public void start() throws IOException {
          started(c.id().toString());
        }

        @Override
        public void stop(Duration timeLimit) {
          log.add("stop " + c.id());
        }
      }
      return new Running();
    }
  }
}
