package dev.tethys.pipeline.exporter.prometheus;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.codec.otlp.TranslationStrategy;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** Creates {@code prometheus} exporters: the latest of each series, at {@code /metrics}. */
public final class PrometheusExporterFactory
    implements ExporterFactory<PrometheusExporterFactory.Settings> {
  /**
   * The settings.
   *
   * @param openMetrics whether it is offered to scrapers in addition to text and protobuf
   */
  public record Settings(HttpServerSettings http, ExposedOptions shown, boolean openMetrics) {}

  private static final String ABOUT = "Shows the latest of each series to those that scrape.";
  private static final Section SECTION = new Section("prometheus", ABOUT);
  private static final HttpServerSettings.Keys HTTP = new HttpServerSettings.Keys(SECTION, "");
  private static final Key<String> NAMESPACE =
      SECTION.key("namespace", Type.STRING, "", "Prefix of all names.");
  private static final Key<Map<String, String>> CONST_LABELS =
      SECTION.key("const_labels", Type.map(Type.STRING), Map.of(), "Labels of every series.");
  private static final Key<Boolean> TIMESTAMPS =
      SECTION.key(
          "send_timestamps",
          Type.BOOL,
          false,
          "If true, samples carry the timestamps of data points.");
  private static final Key<Duration> EXPIRATION =
      SECTION.key(
          "metric_expiration",
          GoDurations.TYPE,
          Duration.ofMinutes(5),
          "Time for which a series is exposed after its last data point.");
  private static final Section RESOURCE =
      new Section(
          "resource_to_telemetry_conversion", "Conversion of resource attributes to labels.");
  private static final Key<Boolean> RESOURCE_ENABLED =
      RESOURCE.key(
          "enabled",
          Type.BOOL,
          false,
          "If true, all resource attributes become labels of every series.");
  private static final Key<Boolean> WITHOUT_SERVICE =
      RESOURCE.key(
          "exclude_service_attributes",
          Type.BOOL,
          false,
          "If true, service.name, service.namespace and service.instance.id do "
              + "not become labels.");
  private static final Key<ExposedOptions.Promoted> PROMOTED =
      SECTION.key(
          "resource_to_telemetry_conversion",
          RESOURCE.type(
              o ->
                  !o.get(RESOURCE_ENABLED)
                      ? ExposedOptions.Promoted.NONE
                      : o.get(WITHOUT_SERVICE)
                          ? ExposedOptions.Promoted.WITHOUT_SERVICE
                          : ExposedOptions.Promoted.ALL),
          ExposedOptions.Promoted.NONE,
          "Conversion of resource attributes to labels; without it they are in " + "target_info.");
  private static final Key<Boolean> WITHOUT_SCOPE =
      SECTION.key(
          "without_scope_info",
          Type.BOOL,
          false,
          "If true, series have no labels that name the scope.");
  private static final Key<Boolean> OPEN_METRICS =
      SECTION.key(
          "enable_open_metrics",
          Type.BOOL,
          false,
          "If true, OpenMetrics is offered to clients that accept it.");
  private static final Key<Boolean> SUFFIXES =
      SECTION.key(
          "add_metric_suffixes",
          Type.BOOL,
          true,
          "If true, metric names get suffixes of units and _total.");
  private static final Key<TranslationStrategy> STRATEGY =
      SECTION.optional(
          "translation_strategy",
          Type.oneOf(
              "translation strategy", TranslationStrategy.values(), TranslationStrategy::text),
          "Translation of metric names to series names; replaces add_metric_suffixes.");
  private static final Section QUEUE =
      new Section("sending_queue", "Sending queue, which this exporter does not use.");
  private static final Key<Boolean> QUEUE_ENABLED =
      QUEUE.key("enabled", Type.BOOL, true, "Only false is accepted.");
  private static final Key<YamlNode> SENDING_QUEUE =
      SECTION.optional(
          "sending_queue",
          QUEUE.type(
              o -> {
                if (o.get(QUEUE_ENABLED)) {
                  throw o.error("exposed metrics are not queued; remove sending_queue");
                }
                return o.node();
              }),
          "Sending queue, which this exporter does not use; it must be disabled.");

  static {
    SECTION.notBuilt(
        "resource_constant_labels",
        "Experimental in the Collector: constant labels from resource " + "attributes.");
  }

  @Override
  public String type() {
    return "prometheus";
  }

  @Override
  public String about() {
    return ABOUT;
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(PrometheusExporterFactory::read);
  }

  private static Settings read(YamlObject o) {
    HttpServerSettings http = HTTP.read(o);
    if (http.endpoint().isBlank()) {
      throw o.error("prometheus requires endpoint: host:port, where /metrics is served");
    }
    TranslationStrategy strategy = o.find(STRATEGY);
    boolean suffixes = o.get(SUFFIXES);
    if (strategy == null) {
      strategy =
          suffixes
              ? TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES
              : TranslationStrategy.UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES;
    }
    o.find(SENDING_QUEUE);
    return new Settings(
        http,
        new ExposedOptions(
            strategy,
            o.get(NAMESPACE),
            labels(o, strategy),
            o.get(PROMOTED),
            !o.get(WITHOUT_SCOPE),
            o.get(EXPIRATION).toMillis(),
            o.get(TIMESTAMPS)),
        o.get(OPEN_METRICS));
  }

  /** Reads the constant labels; invalid names are escaped as in the Collector. */
  private static Map<String, String> labels(YamlObject o, TranslationStrategy strategy) {
    SeriesNames names = new SeriesNames(strategy);
    Map<String, String> labels = new TreeMap<>();
    o.get(CONST_LABELS)
        .forEach(
            (given, value) -> {
              String name = given;
              try {
                if (given.isEmpty()) {
                  throw new IllegalArgumentException("\"\" is not a valid label name");
                }
                if (strategy.escapes() && !given.matches("[a-zA-Z_][a-zA-Z0-9_]*")) {
                  name = names.label(given);
                }
              } catch (IllegalArgumentException e) {
                throw o.error(CONST_LABELS, String.valueOf(e.getMessage()));
              }
              if (labels.put(name, value) != null) {
                throw o.error(CONST_LABELS, "label \"" + name + "\" is set twice");
              }
            });
    return labels;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Exporter create(Settings s, Signal signal, Context context) {
    return new Running(
        s,
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES),
            s.http,
            Authenticators.find(s.http.auth(), context)),
        context.account(signal),
        context.clock()::millis,
        context.clock()::nanos);
  }

  /** Exposes the received metrics. */
  static final class Running implements Exporter {
    private static final String MALFORMED = "malformed";

    /** Samples merged into one data point. */
    private static final String RECODED = "recoded";

    private final ExposedMetrics metrics;
    private final ItemAccounting account;
    private final List<ExpositionFormat> formats;
    private final LongSupplier millis;
    private final PushReceiver receiver;

    Running(
        Settings s,
        HttpServerEndpoint endpoint,
        ItemAccounting account,
        LongSupplier millis,
        LongSupplier nanos) {
      this.metrics = new ExposedMetrics(s.shown, ExposedMetrics.MAX_SERIES);
      this.account = account;
      this.millis = millis;
      this.formats =
          s.openMetrics
              ? ExpositionFormat.ALL
              : ExpositionFormat.ALL.stream().filter(f -> !isOpenMetrics(f)).toList();
      endpoint.on("GET", "/metrics", this::answer);
      this.receiver = new PushReceiver(null, endpoint, nanos);
    }

    private static boolean isOpenMetrics(ExpositionFormat f) {
      return f == ExpositionFormat.OPEN_METRICS_0_0_1 || f == ExpositionFormat.OPEN_METRICS_1_0_0;
    }

    int port() {
      return receiver.httpPort();
    }

    @Override
    public void start() throws IOException {
      receiver.start();
    }

    @Override
    public void consume(Batch batch, AckCallback ack) {
      int items = batch.items();
      account.take(items);
      MetricsData data;
      try {
        data = (MetricsData) batch.takeTree();
      } catch (CodecException e) {
        account.drop(MALFORMED, items);
        ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), items));
        return;
      }
      int points = data.itemCount();
      if (points > items) {
        account.create(points - items);
      } else if (points < items) {
        account.drop(RECODED, items - points);
      }
      ExposedMetrics.Result result = metrics.add(data, millis.getAsLong());
      result.dropped().forEach(account::drop);
      account.pass(points - result.dropped().values().stream().mapToInt(n -> n).sum());
      batch.keepTree(data);
      ack.complete(Outcome.ACCEPTED);
    }

    private void answer(HttpRequest request, HttpResponse response) throws IOException {
      ExpositionFormat.Negotiated format =
          ExpositionFormat.negotiate(String.join(",", request.headers("Accept")), formats);
      List<MetricFamily> families = metrics.families(millis.getAsLong());
      response.header("Content-Type", format.contentType());
      try (OutputStream out = response.stream()) {
        ExpositionWriter writer = ExpositionWriter.of(format, out, false);
        families.forEach(writer::write);
        writer.finish();
      }
    }

    @Override
    public void stop(Duration timeLimit) {
      receiver.stop(timeLimit);
    }

    @Override
    public boolean isExclusive() {
      return true; // its port
    }
  }
}
