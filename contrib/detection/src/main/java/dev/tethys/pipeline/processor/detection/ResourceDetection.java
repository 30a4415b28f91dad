package dev.tethys.pipeline.processor.detection;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.AnyValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Creates {@code resource_detection} processors, which add attributes of the environment to
 * resources.
 */
public final class ResourceDetection implements ProcessorFactory<ResourceDetection.Settings> {
  /** The conventions by which attributes are named. */
  static final String SCHEMA = "https://opentelemetry.io/schemas/1.40.0";

  private static final String ABOUT =
      "Adds attributes of the environment in which the process " + "runs to resources.";

  /** Detectors whose failure is not an error unless configured. */
  private static final Set<String> LENIENT = Set.of("docker", "k8s_api", "k8snode", "openshift");

  /** The only detector without settings. */
  private static final String DYNATRACE = "dynatrace";

  private static final Set<String> ALWAYS_THERE = Set.of("env", "system");

  /** Defaults for an absent block. */
  private static final YamlNode NOTHING = YamlDocument.parse("defaults", null, "{}").root();

  private static final Set<String> NOT_BUILT =
      Set.of(
          "akamai",
          "alibaba_ecs",
          "azurecontainerapps",
          "consul",
          "digitalocean",
          "hetzner",
          "ibmcloud_classic",
          "ibmcloud_vpc",
          "kubeadm",
          "nova",
          "oraclecloud",
          "scaleway",
          "tencent_cvm",
          "upcloud",
          "vultr");

  /** One processor of a configuration, in whichever pipelines. */
  public static final class Settings {
    private final Detection detection;
    private final boolean override;

    private Settings(Detection detection, boolean override) {
      this.detection = detection;
      this.override = override;
    }
  }

  private final DetectionEnvironment place;
  private final Map<String, Key<Detector>> blocks = new LinkedHashMap<>();
  private final Section section = new Section("resource_detection", ABOUT);
  private final Key<List<String>> detectors =
      section.key(
          "detectors",
          Type.list(Type.STRING),
          List.of("env"),
          "Detectors to run; the first one that finds an attribute sets it.");
  private final Key<Boolean> override =
      section.key("override", Type.BOOL, true, "If true, existing attributes are overwritten.");
  private final Key<Duration> timeout =
      section.key(
          "timeout", GoDurations.TYPE, Duration.ofSeconds(5), "Timeout of the whole detection.");
  private final Key<Duration> refresh =
      section.key(
          "refresh_interval",
          GoDurations.TYPE,
          Duration.ZERO,
          "Interval at which detection is repeated; 0 for never.");
  private final Key<Boolean> mustBe =
      section.key(
          "fail_on_missing_metadata",
          Type.BOOL,
          false,
          "If true, detection fails when the environment of a detector is " + "missing.");
  private final Key<Detection.Retry> retry =
      section.key("retry", RetryKeys.TYPE, RetryKeys.DEFAULT, "Retries of detectors that failed.");

  /** The block {@code retry}. */
  private static final class RetryKeys {
    static final Detection.Retry DEFAULT =
        new Detection.Retry(
            true, Duration.ofSeconds(1), 0.5, 2, Duration.ofSeconds(30), Duration.ZERO);
    private static final Section SECTION =
        new Section("retry", "Retries of detectors that failed.");
    private static final Key<Boolean> ENABLED =
        SECTION.key("enabled", Type.BOOL, true, "Enables retries.");
    private static final Key<Duration> FIRST =
        SECTION.key(
            "initial_interval",
            GoDurations.TYPE,
            DEFAULT.first(),
            "Initial pause between attempts.");
    private static final Key<Double> RANDOMNESS =
        SECTION.key(
            "randomization_factor", Type.FLOAT, 0.5, "Random variation of the interval; 0 to 1.");
    private static final Key<Double> MULTIPLIER =
        SECTION.key(
            "multiplier", Type.FLOAT, 2.0, "Factor by which the pause grows after each attempt.");
    private static final Key<Duration> MOST =
        SECTION.key(
            "max_interval", GoDurations.TYPE, DEFAULT.most(), "Maximum pause between attempts.");
    private static final Key<Duration> ELAPSED =
        SECTION.key(
            "max_elapsed_time",
            GoDurations.TYPE,
            Duration.ZERO,
            "Maximum total time of the attempts; 0 for the value of timeout.");
    static final Type<Detection.Retry> TYPE = SECTION.type(RetryKeys::read);

    private static Detection.Retry read(YamlObject o) {
      if (!(o.get(RANDOMNESS) >= 0 && o.get(RANDOMNESS) <= 1)) {
        throw o.error(RANDOMNESS, "is 0 to 1");
      }
      if (!(o.get(MULTIPLIER) >= 0)) {
        throw o.error(MULTIPLIER, "must not be negative");
      }
      return new Detection.Retry(
          o.get(ENABLED),
          o.get(FIRST),
          o.get(RANDOMNESS),
          o.get(MULTIPLIER),
          o.get(MOST),
          o.get(ELAPSED));
    }
  }

  public ResourceDetection(DetectionEnvironment place) {
    this.place = place;
    block("env", EnvironmentDetectors.ENV_TYPE);
    block("system", SystemDetector.TYPE);
    block("docker", DockerDetector.TYPE);
    block("gcp", GoogleDetector.TYPE);
    block("ec2", AwsDetectors.EC2_TYPE);
    block("ecs", AwsDetectors.ECS_TYPE);
    block("eks", EksDetector.TYPE);
    block("lambda", EnvironmentDetectors.LAMBDA_TYPE);
    block("elastic_beanstalk", "elasticbeanstalk", FileDetectors.BEANSTALK_TYPE);
    block("azure", AzureDetectors.TYPE);
    block("aks", AzureDetectors.AKS_TYPE);
    block("heroku", EnvironmentDetectors.HEROKU_TYPE);
    block("k8s_api", KubernetesDetector.TYPE);
    block("k8snode", KubernetesDetector.TYPE); // as k8s_api was called before
    block("openshift", OpenShiftDetector.TYPE);
    NOT_BUILT.forEach(n -> section.notBuilt(n, "Settings of detector " + n + "."));
    for (String k :
        List.of("endpoint", "proxy_url", "tls", "headers", "auth", "compression", "cookies")) {
      section.notBuilt(k, "Setting of the Collector's HTTP client.");
    }
  }

  /** Detectors that are parts of another one now, by their former names. */
  private static final Map<String, String> FORMER_NAMES = Map.of("gke", "gcp", "gce", "gcp");

  private void block(String name, Type<Detector> type) {
    block(name, name, type);
  }

  private void block(String name, String key, Type<Detector> type) {
    blocks.put(name, section.optional(key, type, "Settings of detector " + name + "."));
  }

  private Settings read(YamlObject o) {
    Map<String, Detection.DetectionRequest> asked = new LinkedHashMap<>();
    for (String written : o.get(detectors)) {
      String name = FORMER_NAMES.getOrDefault(written.strip(), written.strip());
      if (NOT_BUILT.contains(name)) {
        throw o.error(
            detectors,
            "detector "
                + name
                + " is not supported; it must be one of "
                + String.join(", ", blocks.keySet()));
      }
      Key<Detector> block = blocks.get(name);
      boolean must = o.get(mustBe) && !ALWAYS_THERE.contains(name);
      if (name.equals(DYNATRACE)) {
        asked.put(name, new Detection.DetectionRequest(FileDetectors::dynatrace, false, must));
        continue;
      }
      if (block == null) {
        throw o.error(
            detectors,
            "unknown detector \""
                + written
                + "\"; there are "
                + String.join(", ", blocks.keySet()));
      }
      Detector given = o.find(block);
      asked.put(
          name,
          new Detection.DetectionRequest(
              given == null ? block.type().read(NOTHING) : given,
              !must && LENIENT.contains(name),
              must));
    }
    if (o.get(retry).enabled() && o.get(timeout).isZero() && o.get(retry).elapsed().isZero()) {
      throw o.error(
          timeout, "must be positive if retry.max_elapsed_time is 0 and retry is enabled");
    }
    return new Settings(
        new Detection(asked, place, o.get(timeout), o.get(retry), o.get(refresh)), o.get(override));
  }

  @Override
  public String type() {
    return "resource_detection";
  }

  @Override
  public List<String> aliases() {
    return List.of("resourcedetection");
  }

  @Override
  public String about() {
    return ABOUT;
  }

  @Override
  public Type<Settings> settings() {
    return section.type(this::read);
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.allOf(Signal.class);
  }

  @Override
  public Processor create(Settings settings, Signal signal, Consumer next, Context context) {
    return new Adding(settings, next, signal, context);
  }

  /** Adds detected attributes to every resource. */
  private static final class Adding extends TreeProcessor {
    private final Settings settings;
    private final Scheduler clock;
    private final System.Logger log;
    private boolean started;

    Adding(Settings settings, Consumer next, Signal signal, Context context) {
      super(next, context.account(signal));
      this.settings = settings;
      this.clock = context.clock();
      this.log = context.logger();
    }

    @Override
    public void start() throws IOException {
      settings.detection.start(clock, log);
      started = true;
    }

    @Override
    public void stop(Duration timeLimit) {
      if (started) {
        started = false;
        settings.detection.stop();
      }
    }

    @Override
    protected boolean edit(Telemetry<?> data, Batch batch) {
      Detection.DetectedAttributes found = settings.detection.found();
      if (found.attributes().isEmpty()) {
        return false;
      }
      for (ResourceGroup<?> r : data.resources()) {
        if (found.hasSchema() && r.schemaUrl().isEmpty()) {
          r.setSchemaUrl(SCHEMA);
        }
        add(found.attributes(), r.resource().attributes());
      }
      return true;
    }

    private void add(Attributes found, Attributes to) {
      found.forEach(
          (k, v) -> {
            if (settings.override || !to.contains(k)) {
              to.put(k, AnyValue.copy(v));
            }
          });
    }
  }
}
