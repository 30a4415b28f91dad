package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.Graph;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Every configuration on the pages of destinations is taken as it stands. */
@Tag("slow")
class ExporterPagesTest {
  private static final Pattern FENCE = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

  /** A server's name behind a scheme, or where a port follows; not those of AWS, which say more. */
  private static final Pattern HOST =
      Pattern.compile(
          "(?m)((?:endpoint|brokers|url): *\\[?(?:[a-z]+://)?)([a-z][a-z0-9.-]*)(?=[:/,\\n])"
              + "(?!.*amazonaws)(?!://)");

  @TestFactory
  List<DynamicTest> configurationsOfPagesAreTaken() throws IOException {
    return taken(yaml -> yaml);
  }

  /** As services of Docker's networks are called. */
  @TestFactory
  List<DynamicTest> aNameWithAnUnderscoreIsAServersToo() throws IOException {
    return taken(yaml -> HOST.matcher(yaml).replaceAll("$1some_$2"));
  }

  private static List<DynamicTest> taken(UnaryOperator<String> change) throws IOException {
    List<DynamicTest> out = new ArrayList<>();
    Path folder = Shared.root().resolve("docs/pipelines/exporters");
    try (Stream<Path> pages = Files.list(folder)) {
      Path kafka = Shared.root().resolve("docs/pipelines/kafka.md");
      for (Path page :
          Stream.concat(pages, Stream.of(kafka))
              .filter(p -> p.toString().endsWith(".md"))
              .sorted()
              .toList()) {
        Matcher m = FENCE.matcher(Files.readString(page));
        while (m.find()) {
          String yaml = change.apply(m.group(1));
          out.add(DynamicTest.dynamicTest(page.getFileName() + "@" + m.start(), () -> take(yaml)));
        }
      }
    }
    assertThat(out).isNotEmpty();
    return out;
  }

  private static void take(String yaml) throws IOException {
    if (yaml.contains("stores:")) {
      assertThat(PrometheusConfig.parse("page", yaml).stores()).isNotEmpty();
      return;
    }
    Components components = BuiltIn.components();
    GraphConfig config =
        GraphConfig.read(YamlDocument.parse("page", null, whole(yaml)), components, false);
    Graph.check(
        config,
        new GraphServices(
            components,
            Scheduler.system(),
            new Outboxes(new RealFiles(), Scheduler.system(), new Random(1)),
            new AccountingRegistry(),
            new Registry()));
  }

  /** A page may show exporters alone, or receivers: they are put into a pipeline. */
  private static String whole(String yaml) {
    if (yaml.contains("service:")) {
      return yaml;
    }
    List<String> ids = new ArrayList<>();
    Matcher m = Pattern.compile("(?m)^  ([a-z][a-z0-9_]*(?:/[^:\\s]+)?):").matcher(yaml);
    while (m.find()) {
      ids.add(m.group(1));
    }
    boolean receivers = yaml.startsWith("receivers:");
    return yaml
        + (receivers ? "\nexporters: {debug: }\n" : "\nreceivers: {otlp: {protocols: {http: }}}\n")
        + "service: {pipelines: {metrics: {receivers: %s, exporters: %s}}}\n"
            .formatted(receivers ? ids : "[otlp]", receivers ? "[debug]" : ids);
  }
}
