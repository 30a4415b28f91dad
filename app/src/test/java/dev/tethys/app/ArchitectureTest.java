package dev.tethys.app;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ResourceBundle;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Dependencies between modules, as in ARCHITECTURE.md: a new one is a decision, made there and
 * here.
 */
@Tag("slow")
class ArchitectureTest {
  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(place -> !place.contains("-tests.jar")) // tests that modules share
          .importPackages("dev.tethys");

  @Test
  void dependenciesPointDown() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .withOptionalLayers(true) // a core has no contributions
        .layer("model")
        .definedBy("dev.tethys.model..")
        .layer("config")
        .definedBy("dev.tethys.config..")
        .layer("codec")
        .definedBy("dev.tethys.codec..")
        .layer("web")
        .definedBy("dev.tethys.web..")
        .layer("host")
        .definedBy("dev.tethys.collect.host..")
        .layer("observe")
        .definedBy("dev.tethys.collect.observe..")
        .layer("discovery")
        .definedBy("dev.tethys.collect.discovery..")
        .layer("scrape")
        .definedBy("dev.tethys.collect.scrape..")
        .layer("receive")
        .definedBy("dev.tethys.collect.receive..")
        .layer("push")
        .definedBy("dev.tethys.collect.push..")
        .layer("logs")
        .definedBy("dev.tethys.collect.logs..")
        .layer("exporters")
        .definedBy("dev.tethys.collect.exporter..")
        .layer("databases")
        .definedBy("dev.tethys.collect.database..")
        .layer("http3")
        .definedBy("dev.tethys.collect.http3..")
        .layer("store files")
        .definedBy("dev.tethys.store.files..")
        .layer("events")
        .definedBy("dev.tethys.store.events..")
        .layer("log store")
        .definedBy("dev.tethys.store.logs..")
        .layer("trace store")
        .definedBy("dev.tethys.store.traces..")
        .layer("profile store")
        .definedBy("dev.tethys.store.profiles..")
        .layer("metrics store")
        .definedBy("dev.tethys.store.metrics..")
        .layer("archive")
        .definedBy("dev.tethys.store.archive..")
        .layer("remote stores")
        .definedBy("dev.tethys.store.remote..")
        .layer("service graph")
        .definedBy("dev.tethys.insight.graph..")
        .layer("inspections")
        .definedBy("dev.tethys.insight.inspections..")
        .layer("entities")
        .definedBy("dev.tethys.insight.entities..")
        .layer("sources")
        .definedBy("dev.tethys.insight.source..")
        .layer("objectives")
        .definedBy("dev.tethys.insight.objectives..")
        .layer("incidents")
        .definedBy("dev.tethys.insight.incidents..")
        .layer("costs")
        .definedBy("dev.tethys.insight.costs..")
        .layer("deployments")
        .definedBy("dev.tethys.insight.deployments..")
        .layer("promql")
        .definedBy("dev.tethys.query.promql..")
        .layer("logql")
        .definedBy("dev.tethys.query.logql..")
        .layer("traceql")
        .definedBy("dev.tethys.query.traceql..")
        .layer("ottl")
        .definedBy("dev.tethys.pipeline.ottl..")
        .layer("pipeline")
        .definedBy(
            "dev.tethys.pipeline",
            "dev.tethys.pipeline.delivery..",
            "dev.tethys.pipeline.client..",
            "dev.tethys.pipeline.component..",
            "dev.tethys.pipeline.ledger..",
            "dev.tethys.pipeline.batching..",
            "dev.tethys.pipeline.config..",
            "dev.tethys.pipeline.server..",
            "dev.tethys.pipeline.graph..",
            "dev.tethys.pipeline.naming..",
            "dev.tethys.pipeline.opamp..",
            "dev.tethys.pipeline.web..",
            "dev.tethys.pipeline.volume..",
            "dev.tethys.pipeline.privacy..",
            "dev.tethys.pipeline.advice..",
            "dev.tethys.pipeline.sample..")
        .layer("stages")
        .definedBy("dev.tethys.pipeline.stages..")
        .layer("operators")
        .definedBy("dev.tethys.pipeline.operators..")
        .layer("receivers")
        .definedBy("dev.tethys.pipeline.receiver..")
        .layer("extensions")
        .definedBy("dev.tethys.pipeline.extension..")
        .layer("exporters of the graph")
        .definedBy("dev.tethys.pipeline.exporter..")
        .layer("kafka")
        .definedBy("dev.tethys.pipeline.kafka..")
        .layer("postgresql")
        .definedBy("dev.tethys.pipeline.postgresql..")
        .layer("processors")
        .definedBy("dev.tethys.pipeline.processor..")
        .layer("alert")
        .definedBy(
            "dev.tethys.alert.rule..",
            "dev.tethys.alert.notify..",
            "dev.tethys.alert.template..",
            "dev.tethys.alert.history..")
        .layer("alert manager")
        .definedBy("dev.tethys.alert.manager..")
        .layer("api")
        .definedBy("dev.tethys.api..")
        .layer("runtime")
        .definedBy("dev.tethys.runtime..")
        .layer("prometheus")
        .definedBy("dev.tethys.prometheus..")
        .layer("collector")
        .definedBy("dev.tethys.pipeline.collector..")
        .layer("tools")
        .definedBy("dev.tethys.tools..")
        .layer("log agent")
        .definedBy("dev.tethys.logagent..")
        .layer("control")
        .definedBy("dev.tethys.control..")
        .layer("demo")
        .definedBy("dev.tethys.demo..")
        .layer("contrib")
        .definedBy("dev.tethys.contrib..")
        .layer("app")
        .definedBy("dev.tethys.app..")
        .whereLayer("model")
        .mayNotAccessAnyLayer()
        .whereLayer("config")
        .mayOnlyAccessLayers("model")
        .whereLayer("codec")
        .mayOnlyAccessLayers("model")
        .whereLayer("web")
        .mayOnlyAccessLayers("model", "codec", "config")
        .whereLayer("host")
        .mayOnlyAccessLayers("model", "codec")
        .whereLayer("observe")
        .mayOnlyAccessLayers("model", "codec")
        .whereLayer("discovery")
        .mayOnlyAccessLayers("model", "config", "web")
        .whereLayer("scrape")
        .mayOnlyAccessLayers("model", "config", "codec", "web", "discovery")
        .whereLayer("receive")
        .mayOnlyAccessLayers("model", "config", "codec", "web")
        .whereLayer("push")
        .mayOnlyAccessLayers("model", "codec", "web")
        .whereLayer("logs")
        .mayOnlyAccessLayers("model", "config", "codec", "web", "discovery")
        .whereLayer("exporters")
        .mayOnlyAccessLayers("model", "config", "codec", "web")
        .whereLayer("databases")
        .mayOnlyAccessLayers("model", "config", "web", "exporters")
        .whereLayer("http3")
        .mayOnlyAccessLayers("web")
        .whereLayer("store files")
        .mayOnlyAccessLayers("model")
        .whereLayer("events")
        .mayOnlyAccessLayers("model", "store files")
        .whereLayer("log store")
        .mayOnlyAccessLayers("model", "store files", "events")
        .whereLayer("trace store")
        .mayOnlyAccessLayers("model", "store files", "events")
        .whereLayer("profile store")
        .mayOnlyAccessLayers("model", "store files", "events")
        .whereLayer("metrics store")
        .mayOnlyAccessLayers("model", "codec", "store files")
        .whereLayer("archive")
        .mayOnlyAccessLayers("model", "codec", "metrics store")
        .whereLayer("remote stores")
        .mayOnlyAccessLayers("model", "config", "codec", "web")
        .whereLayer("service graph")
        .mayOnlyAccessLayers("model")
        .whereLayer("inspections")
        .mayOnlyAccessLayers("model", "config", "service graph", "entities", "promql")
        .whereLayer("entities")
        .mayOnlyAccessLayers("model", "config")
        .whereLayer("sources")
        .mayOnlyAccessLayers("model", "config", "codec", "web", "metrics store", "promql")
        .whereLayer("costs")
        .mayOnlyAccessLayers("model", "config", "service graph", "entities", "inspections")
        .whereLayer("deployments")
        .mayOnlyAccessLayers("model", "service graph", "entities")
        .whereLayer("objectives")
        .mayOnlyAccessLayers("model", "config", "promql", "service graph")
        .whereLayer("incidents")
        .mayOnlyAccessLayers("model", "service graph", "entities", "inspections", "objectives")
        .whereLayer("promql")
        .mayOnlyAccessLayers("model")
        .whereLayer("logql")
        .mayOnlyAccessLayers("model", "codec", "promql")
        .whereLayer("traceql")
        .mayOnlyAccessLayers("model", "logql")
        .whereLayer("ottl")
        .mayOnlyAccessLayers("model", "config", "codec")
        .whereLayer("pipeline")
        .mayOnlyAccessLayers("model", "config", "codec", "web")
        .whereLayer("stages")
        .mayOnlyAccessLayers("model", "config", "codec")
        .whereLayer("operators")
        .mayOnlyAccessLayers("model", "config", "codec", "stages")
        .whereLayer("receivers")
        .mayOnlyAccessLayers(
            "model",
            "config",
            "codec",
            "web",
            "host",
            "observe",
            "discovery",
            "scrape",
            "exporters",
            "logs",
            "operators",
            "pipeline")
        .whereLayer("extensions")
        .mayOnlyAccessLayers("model", "config", "codec", "web", "host", "pipeline", "receivers")
        .whereLayer("exporters of the graph")
        .mayOnlyAccessLayers("model", "config", "codec", "web", "pipeline")
        .whereLayer("postgresql")
        .mayOnlyAccessLayers(
            "model",
            "config",
            "codec",
            "web",
            "pipeline",
            "exporters of the graph",
            "remote stores")
        .whereLayer("kafka")
        .mayOnlyAccessLayers("model", "config", "codec", "web", "logs", "pipeline", "receivers")
        .whereLayer("processors")
        .mayOnlyAccessLayers(
            "model", "config", "codec", "web", "service graph", "ottl", "operators", "pipeline")
        .whereLayer("alert")
        .mayOnlyAccessLayers(
            "model", "config", "codec", "web", "discovery", "promql", "logql", "traceql")
        .whereLayer("alert manager")
        .mayOnlyAccessLayers("model", "config", "codec", "web", "alert")
        .whereLayer("api")
        .mayOnlyAccessLayers(
            "model",
            "config",
            "codec",
            "web",
            "promql",
            "logql",
            "traceql",
            "service graph",
            "entities",
            "inspections",
            "sources",
            "objectives",
            "incidents",
            "deployments",
            "costs",
            "scrape",
            "receive",
            "alert")
        .whereLayer("runtime")
        .mayOnlyAccessLayers("model", "config", "web")
        .whereLayer("prometheus")
        .mayOnlyAccessLayers(
            "model",
            "config",
            "codec",
            "web",
            "runtime",
            "discovery",
            "scrape",
            "exporters",
            "databases",
            "log store",
            "trace store",
            "profile store",
            "metrics store",
            "remote stores",
            "promql",
            "pipeline",
            "exporters of the graph",
            "alert")
        .whereLayer("collector")
        .mayOnlyAccessLayers(
            "model",
            "config",
            "web",
            "runtime",
            "pipeline",
            "processors",
            "receivers",
            "extensions",
            "exporters of the graph",
            "kafka")
        .whereLayer("tools")
        .mayOnlyAccessLayers(
            "model",
            "config",
            "codec",
            "web",
            "runtime",
            "discovery",
            "scrape",
            "events",
            "log store",
            "trace store",
            "metrics store",
            "archive",
            "promql",
            "logql",
            "traceql",
            "entities",
            "inspections",
            "pipeline",
            "collector",
            "prometheus",
            "objectives",
            "alert",
            "alert manager")
        .whereLayer("control")
        .mayOnlyAccessLayers(
            "model", "config", "codec", "web", "runtime", "pipeline", "processors", "collector")
        .whereLayer("demo")
        .mayOnlyAccessLayers("model", "config", "codec", "web", "runtime")
        .whereLayer("log agent")
        .mayOnlyAccessLayers(
            "model",
            "config",
            "codec",
            "web",
            "runtime",
            "host",
            "discovery",
            "logs",
            "pipeline",
            "stages",
            "exporters of the graph",
            "kafka",
            "collector",
            "api")
        .whereLayer("contrib")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("app")
        .mayNotBeAccessedByAnyLayer()
        .check(PRODUCT);
  }

  /** Module of {@code contrib} by the place of its classes; empty for modules of the core. */
  private static String contribution(Path root, JavaClass c) {
    String at = c.getSource().map(source -> source.getUri().toString()).orElse("");
    Matcher m = Pattern.compile(Pattern.quote(root + "/contrib/") + "([^/]+)").matcher(at);
    return m.find() ? m.group(1) : "";
  }

  @Tag("contrib")
  @Test
  void dependsOnContributionsOnlyWhereDeclared() throws IOException {
    Path root = LauncherTest.repository().toRealPath();
    Set<String> found = new TreeSet<>();
    for (JavaClass c : PRODUCT) {
      String from = contribution(root, c);
      for (Dependency d : c.getDirectDependenciesFromSelf()) {
        String to = contribution(root, d.getTargetClass());
        if (!to.isEmpty() && !to.equals(from)) {
          found.add((from.isEmpty() ? "core: " + c.getName() : from) + " -> " + to);
        }
      }
    }
    assertThat(found)
        .containsExactly(
            "carbon -> statsd",
            "clusteragent -> cloud",
            "clusteragent -> databases",
            "clusteragent -> kubernetes",
            "databases -> process",
            "datadog -> fluent");
  }

  @Test
  void internalPackagesAreUsedByTheirModuleOnly() {
    for (String module :
        new String[] {
          "model",
          "config",
          "codec",
          "web",
          "collect.host",
          "collect.observe",
          "collect.discovery",
          "collect.scrape",
          "collect.receive",
          "collect.push",
          "collect.logs",
          "collect.exporter",
          "collect.database",
          "store.metrics",
          "store.archive",
          "store.remote",
          "query.promql",
          "query.logql",
          "query.traceql",
          "pipeline",
          "pipeline.ottl",
          "pipeline.stages",
          "pipeline.operators",
          "alert",
          "alert.manager",
          "api",
          "runtime",
          "prometheus",
          "tools",
          "logagent",
          "control",
          "demo",
          "app"
        }) {
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.tethys." + module + "..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.tethys." + module + "..internal..")
          .allowEmptyShould(true)
          .check(PRODUCT);
    }
  }

  @Test
  void onlyTheWebModuleUsesTheServerLibrary() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tethys.web..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.helidon..")
        .check(PRODUCT);
  }

  @Test
  void optionalPskModuleIsUsedByWebClientsOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tethys.web.psk..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.tethys.web.psk..", "org.bouncycastle..")
        .check(PRODUCT);
    noClasses()
        .that()
        .resideInAPackage("dev.tethys.web.psk..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.tethys..")
                .and(not(resideInAnyPackage("dev.tethys.web.psk..", "dev.tethys.web.client..")))
                .as("others than clients of web"))
        .check(PRODUCT);
  }

  /** {@code System.getLogger} searches each archive of the class path for a provider at start. */
  @Test
  void doesNotSearchTheClassPathForLoggers() {
    noClasses()
        .should()
        .callMethod(System.class, "getLogger", String.class)
        .orShould()
        .callMethod(System.class, "getLogger", String.class, ResourceBundle.class)
        .because("JulLogger.of does not open the archives of the class path")
        .check(PRODUCT);
  }

  @Test
  void modulesHaveNoCycles() {
    slices().matching("dev.tethys.(*)..").should().beFreeOfCycles().check(PRODUCT);
  }

  @Test
  void packagesOfTheControlPlaneHaveNoCycles() {
    slices().matching("dev.tethys.control.(*)..").should().beFreeOfCycles().check(PRODUCT);
  }

  /** Four groups of packages are omitted, each a cycle of its own. */
  @Test
  void packagesHaveNoFurtherCycles() {
    slices()
        .assignedFrom(
            new SliceAssignment() {
              @Override
              public SliceIdentifier getIdentifierOf(JavaClass c) {
                return SliceIdentifier.of(c.getPackageName());
              }

              @Override
              public String getDescription() {
                return "packages";
              }
            })
        .should()
        .beFreeOfCycles()
        .check(
            PRODUCT.that(
                not(
                    resideInAnyPackage(
                        "dev.tethys.web..",
                        "dev.tethys.query.promql..",
                        "dev.tethys.pipeline.ottl..",
                        "dev.tethys.pipeline.component",
                        "dev.tethys.pipeline.delivery"))));
  }
}
